package io.sparkfinetune.track.mlflow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands before a server and does to each request what is next in a list; without one it passes it
 * on. One connection carries one request.
 */
final class FaultProxy implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");
  private static final Pattern CONNECTION = Pattern.compile("(?i)\r\nconnection: [^\r]*");

  /** What happens to a request. */
  enum Fault {
    /** The connection is closed before anything is read. */
    REFUSED,
    /** The server never sees it: 429, to be tried again after a second. */
    TOO_MANY,
    /** The server never sees it: 500. */
    SERVER_ERROR,
    /** The server never sees it: 401. */
    UNAUTHORIZED,
    /** The server gets half of it. */
    CUT_REQUEST,
    /** The server does it, and half of the answer arrives. */
    CUT_ANSWER,
    /** The server does it, and the answer comes after all patience. */
    LATE_ANSWER,
    /** The server does it, and no answer comes. */
    LOST_ANSWER,
    /** All goes well. */
    NONE
  }

  private final ServerSocket listening;
  private final URI target;
  private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final long lateMillis;

  FaultProxy(URI target, long lateMillis) throws IOException {
    this.target = target;
    this.lateMillis = lateMillis;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::accept, "fault proxy");
    thread.setDaemon(true);
    thread.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  /** What happens to the next requests, in their order. */
  void next(Fault... next) {
    faults.addAll(java.util.List.of(next));
  }

  int requests() {
    return requests.get();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        Thread thread = new Thread(() -> serve(client), "fault proxy connection");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      Fault fault = faults.isEmpty() ? Fault.NONE : faults.poll();
      requests.incrementAndGet();
      if (fault == Fault.REFUSED) {
        return;
      }
      byte[] request = message(client.getInputStream(), false);
      OutputStream out = client.getOutputStream();
      switch (fault) {
        case TOO_MANY -> out.write(answer("429 Too Many Requests", "Retry-After: 1\r\n"));
        case SERVER_ERROR -> out.write(answer("500 Internal Server Error", ""));
        case UNAUTHORIZED -> out.write(answer("401 Unauthorized", ""));
        case CUT_REQUEST -> {
          try (Socket server = new Socket(target.getHost(), target.getPort())) {
            server.getOutputStream().write(request, 0, request.length / 2);
          }
        }
        default -> {
          byte[] answered = pass(request);
          if (fault == Fault.CUT_ANSWER) {
            out.write(answered, 0, answered.length / 2);
          } else if (fault != Fault.LOST_ANSWER) {
            if (fault == Fault.LATE_ANSWER) {
              Thread.sleep(lateMillis);
            }
            out.write(answered);
          }
        }
      }
      out.flush();
    } catch (IOException e) {
      // One side has gone, as faults go.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] answer(String status, String header) {
    return ("HTTP/1.1 "
            + status
            + "\r\n"
            + header
            + "Content-Length: 0\r\nConnection: close\r\n\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private byte[] pass(byte[] request) throws IOException {
    try (Socket server = new Socket(target.getHost(), target.getPort())) {
      server.getOutputStream().write(request);
      return message(server.getInputStream(), true);
    }
  }

  /** A whole message, which asks for the connection to be closed behind it. */
  private static byte[] message(InputStream in, boolean toTheEnd) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the head is cut");
      }
      head.write(next);
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    Matcher length = LENGTH.matcher(text);
    byte[] body =
        length.find()
            ? in.readNBytes(Integer.parseInt(length.group(1)))
            : toTheEnd ? in.readAllBytes() : new byte[0];
    String closing = CONNECTION.matcher(text).replaceAll("");
    closing = closing.replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n");
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(closing.getBytes(StandardCharsets.ISO_8859_1));
    whole.write(body);
    return whole.toByteArray();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
