package org.sparkfinetune.track.mlflow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands before a real server and does to its requests what networks do. Each connection carries
 * one request.
 */
public final class FaultProxy implements AutoCloseable {
  /** What happens to a request. */
  public enum Fault {
    /** It goes through. */
    NONE,
    /** The connection is closed before a byte has been read. */
    REFUSED,
    /** 429, with Retry-After. */
    TOO_MANY,
    /** 503, from a proxy that talks HTML. */
    SERVER_ERROR,
    /** 404, from a proxy that talks HTML. */
    NOT_FOUND,
    /** 405, from a proxy that talks HTML. */
    NOT_ALLOWED,
    /** 301, to another server. */
    MOVED,
    /** The server gets half of its body, and then nothing. */
    CUT_REQUEST,
    /** The server does what it says; the connection is cut half way through the answer. */
    CUT_ANSWER,
    /** The server does what it says; no answer comes. */
    LOST_ANSWER,
    /** The server does what it says; half of the answer comes, and no more. */
    STALLED_ANSWER,
    /** The server does what it says; the answer comes when nobody waits for it any more. */
    LATE_ANSWER,
    /** 401. */
    UNAUTHORIZED
  }

  /** Seconds that a {@link Fault#TOO_MANY} asks to wait. */
  public static final int RETRY_AFTER = 1;

  /** Where a {@link Fault#MOVED} leads. */
  public static final String MOVED_TO = "https://elsewhere.example";

  private static final int WHOLE = 1 << 20;

  private final URI server;
  private final Duration late;
  private final ServerSocket socket;
  private final Set<String> seen = new HashSet<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final Map<String, Fault> ofPaths = new ConcurrentHashMap<>();
  private volatile Fault fault = Fault.NONE;
  private volatile boolean always;

  /**
   * @param late how long a late answer takes
   */
  public FaultProxy(URI server, Duration late) throws IOException {
    this.server = server;
    this.late = late;
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  /** Where it listens, as a tracking URI. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort());
  }

  /** What happens to the next requests, in their order. */
  public void next(Fault... next) {
    faults.addAll(List.of(next));
  }

  /** What happens to the next request whose path ends so, whenever it comes. */
  public void next(String path, Fault next) {
    ofPaths.put(path, next);
  }

  /**
   * From now on each request that has not been seen before meets a fault, once; if that takes its
   * time, only one that changes something.
   */
  public void once(Fault next) {
    synchronized (seen) {
      seen.clear();
      fault = next;
      always = false;
    }
  }

  /** From now on each request meets a fault. */
  public void always(Fault next) {
    fault = next;
    always = true;
  }

  /** The requests that came, and what happened to them, as in {@code POST /path NONE}. */
  public List<String> requests() {
    return requests;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (Socket one : open) {
      one.close();
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "fault proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = socket.accept();
        open.add(client);
        daemon(() -> serve(client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      handle(client);
    } catch (IOException e) {
      // One of the two has hung up, which is what this is about.
    } finally {
      open.remove(client);
    }
  }

  private void handle(Socket client) throws IOException {
    InputStream in = client.getInputStream();
    String head = head(in);
    if (head.isEmpty()) {
      return;
    }
    long length = length(head);
    byte[] start = in.readNBytes((int) Math.min(length, WHOLE));
    String line = head.substring(0, head.indexOf("\r\n")).replace(" HTTP/1.1", "");
    Fault now =
        ofPaths.keySet().stream()
            .filter(path(line)::endsWith)
            .findFirst()
            .map(ofPaths::remove)
            .orElseGet(() -> fault(line + new String(start, StandardCharsets.ISO_8859_1)));
    requests.add(line + " " + now);
    OutputStream out = client.getOutputStream();
    switch (now) {
      case REFUSED -> reset(client);
      case TOO_MANY ->
          answer(out, "429 Too Many Requests\r\nRetry-After: " + RETRY_AFTER, "slow down");
      case SERVER_ERROR -> answer(out, "503 Service Unavailable", "<html><b>no</b> server</html>");
      case NOT_FOUND -> answer(out, "404 Not Found", "<html><b>no</b> page</html>");
      case NOT_ALLOWED -> answer(out, "405 Method Not Allowed", "<html><b>no</b> method</html>");
      case MOVED -> answer(out, "301 Moved Permanently\r\nLocation: " + MOVED_TO + path(line), "");
      case UNAUTHORIZED -> answer(out, "401 Unauthorized", "You are not authenticated");
      default -> forward(client, now, head, start, in, length - start.length);
    }
  }

  private void forward(
      Socket client, Fault now, String head, byte[] start, InputStream in, long rest)
      throws IOException {
    byte[] answer;
    // Who gives up and asks again is not to overtake himself.
    synchronized (server) {
      answer = ask(client, now, head, start, in, rest);
    }
    if (now == Fault.NONE || now == Fault.CUT_REQUEST) {
      return;
    }
    OutputStream out = client.getOutputStream();
    int body = new String(answer, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
    if (now == Fault.LATE_ANSWER) {
      pause();
      out.write(answer);
    } else if (now == Fault.LOST_ANSWER) {
      reset(client);
    } else {
      out.write(answer, 0, body + (answer.length - body) / 2);
      out.flush();
      if (now == Fault.STALLED_ANSWER) {
        pause();
        pause();
      }
      reset(client);
    }
  }

  /** What the server answers, unless that goes through as it comes. */
  private byte[] ask(Socket client, Fault now, String head, byte[] start, InputStream in, long rest)
      throws IOException {
    try (Socket there = new Socket(server.getHost(), server.getPort())) {
      OutputStream to = there.getOutputStream();
      String closing = head.replaceAll("(?im)^(connection|upgrade|http2-settings):.*\r\n", "");
      to.write(
          closing
              .replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n")
              .getBytes(StandardCharsets.ISO_8859_1));
      if (now == Fault.CUT_REQUEST) {
        to.write(start, 0, start.length / 2);
        to.flush();
        reset(client);
        return new byte[0];
      }
      to.write(start);
      copy(in, to, rest);
      to.flush();
      if (now == Fault.NONE) {
        there.getInputStream().transferTo(client.getOutputStream());
        return new byte[0];
      }
      return there.getInputStream().readAllBytes();
    }
  }

  private void pause() {
    try {
      Thread.sleep(late.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Fault fault(String request) {
    Fault listed = faults.poll();
    if (listed != null) {
      return listed;
    }
    boolean slow = fault == Fault.LATE_ANSWER || fault == Fault.STALLED_ANSWER;
    boolean asks = request.startsWith("GET") || request.contains("/search{");
    boolean ofOld = fault == Fault.NOT_FOUND || fault == Fault.MOVED;
    if (ofOld && request.startsWith("GET /version")) {
      // So an old server itself may answer.
      return Fault.NONE;
    }
    synchronized (seen) {
      return always || (seen.add(request) && !(slow && asks)) ? fault : Fault.NONE;
    }
  }

  private static String path(String line) {
    return line.split(" ")[1];
  }

  private static void reset(Socket client) throws IOException {
    client.setSoLinger(true, 0);
    client.close();
  }

  private static void answer(OutputStream out, String status, String body) throws IOException {
    String all =
        "HTTP/1.1 "
            + status
            + "\r\nConnection: close\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    out.write(all.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int last = 0;
    for (int next = in.read(); next >= 0; next = in.read()) {
      head.write(next);
      last = last << 8 | next;
      if (last == 0x0d0a0d0a) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return "";
  }

  private static long length(String head) {
    for (String line : head.split("\r\n")) {
      if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
        return Long.parseLong(line.substring(15).trim());
      }
    }
    return 0;
  }

  private static void copy(InputStream in, OutputStream out, long bytes) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long left = bytes;
    while (left > 0) {
      int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (read < 0) {
        throw new IOException("the client has hung up");
      }
      out.write(buffer, 0, read);
      left -= read;
    }
  }
}
