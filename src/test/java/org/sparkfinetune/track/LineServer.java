package org.sparkfinetune.track;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A server that keeps each line that is posted to it once, and fails as it is told. */
final class LineServer implements AutoCloseable {
  /** What happens to a request. */
  enum Fault {
    /** It is done. */
    NONE,
    /** 503, and nothing is stored. */
    UNAVAILABLE,
    /** 429, with a second to wait. */
    TOO_MANY,
    /** Stored, and the connection is cut in place of an answer. */
    LOST_ANSWER
  }

  /** A line that holds it is refused. */
  static final String REFUSED = "not to be had";

  private final Set<String> lines = new LinkedHashSet<>();
  private final Deque<Fault> faults = new ArrayDeque<>();
  private int port;
  private HttpServer server;
  private int requests;

  /** Is away at first: {@link #up} brings it up. */
  LineServer() throws IOException {
    up();
    down();
  }

  synchronized void up() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    port = server.getAddress().getPort();
    server.createContext("/", this::handle);
    server.start();
  }

  void down() {
    HttpServer current = server;
    server = null;
    if (current != null) {
      current.stop(0);
    }
  }

  synchronized void next(Fault... more) {
    faults.addAll(List.of(more));
  }

  synchronized List<String> lines() {
    return new ArrayList<>(lines);
  }

  synchronized int requests() {
    return requests;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port + "/");
  }

  private synchronized void handle(HttpExchange exchange) throws IOException {
    requests++;
    List<String> posted =
        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    Fault fault = faults.isEmpty() ? Fault.NONE : faults.poll();
    if (fault == Fault.UNAVAILABLE) {
      answer(exchange, 503, "");
    } else if (fault == Fault.TOO_MANY) {
      exchange.getResponseHeaders().add("Retry-After", "1");
      answer(exchange, 429, "");
    } else {
      for (int i = 0; i < posted.size(); i++) {
        if (posted.get(i).contains(REFUSED)) {
          answer(exchange, 400, String.valueOf(i));
          return;
        }
        lines.add(posted.get(i));
      }
      if (fault == Fault.LOST_ANSWER) {
        // Closed without an answer.
        exchange.close();
        return;
      }
      answer(exchange, 200, "");
    }
  }

  private static void answer(HttpExchange exchange, int code, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    down();
  }

  /** Posts events to such a server. */
  static final class Poster implements Sink {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final URI uri;

    Poster(URI uri) {
      this.uri = uri;
    }

    /** An event as the server keeps it. */
    static String line(TrackingEvent event) {
      return new String(EventJson.line(0, event), StandardCharsets.UTF_8).trim();
    }

    @Override
    public void deliver(List<TrackingEvent> events)
        throws ServerUnavailableException, RefusedException {
      String body = events.stream().map(Poster::line).collect(Collectors.joining("\n"));
      HttpResponse<String> answer;
      try {
        answer =
            client.send(
                HttpRequest.newBuilder(uri)
                    .timeout(TIMEOUT)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
      } catch (IOException e) {
        throw new ServerUnavailableException("cannot be reached: " + e, Duration.ZERO, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ServerUnavailableException("interrupted", Duration.ZERO, e);
      }
      if (answer.statusCode() == 400) {
        int index = Integer.parseInt(answer.body());
        throw new RefusedException(index, "refused by http://ann:pw@host", null);
      }
      if (answer.statusCode() != 200) {
        long seconds = answer.headers().firstValueAsLong("Retry-After").orElse(0);
        throw new ServerUnavailableException(
            "answers " + answer.statusCode(), Duration.ofSeconds(seconds), null);
      }
    }

    @Override
    public String address(String run) {
      return uri + run;
    }

    @Override
    public void close() {
      // Connections end with their last request.
    }
  }
}
