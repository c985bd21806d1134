package org.sparkfinetune.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Failures;

/**
 * A classifier over HTTP, in the shape of Hugging Face's inference API: {@code POST /} and {@code
 * POST /predict} classify, {@code GET /health}, {@code GET /ready} and {@code GET /metrics} tell
 * how it is. Closing it lets what is in flight be answered.
 */
public final class InferenceServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceServer.class);

  private static final String JSON = "application/json";
  private static final String PREDICT = "/predict";
  private static final String FIRST = "a first text";
  private static final int IDLE_SECONDS = 30;

  /** What is read of a body that is too long, so that its sender reads the answer. */
  private static final long DISCARDED_BYTES = 8L << 20;

  private final ServeArguments arguments;
  private final Optional<BearerToken> token;
  private final HttpServer http;
  private final ServeMetrics metrics = new ServeMetrics();
  private final ThreadPoolExecutor threads;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private LocalClassifier classifier;
  private TextQueue queue;
  private int inFlight;
  private boolean stopping;

  private InferenceServer(ServeArguments arguments, Optional<BearerToken> token, HttpServer http) {
    this.arguments = arguments;
    this.token = token;
    this.http = http;
    threads = threads(arguments.maxConnections());
    http.setExecutor(threads);
    http.createContext("/", this::handle);
  }

  /** Threads as they are needed; when all are busy, who brings the next request waits. */
  private static ThreadPoolExecutor threads(int most) {
    return new ThreadPoolExecutor(
        0,
        most,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        runner -> {
          Thread thread = new Thread(runner, "serve request");
          thread.setDaemon(true);
          return thread;
        },
        (request, pool) -> {
          try {
            while (!pool.isShutdown()) {
              if (pool.getQueue().offer(request, 1, TimeUnit.SECONDS)) {
                return;
              }
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new RejectedExecutionException("the server is stopping");
        });
  }

  /**
   * Takes the address, so that one that is taken is said before a model is loaded. Nothing is
   * answered before {@link #start}.
   *
   * @param environment may hold the token of clients and the password of the keystore
   * @throws UserException when the address, the token or the keystore cannot be had
   */
  public static InferenceServer bind(ServeArguments arguments, Map<String, String> environment) {
    Optional<BearerToken> token = BearerToken.find(arguments.tokenFile(), environment);
    return new InferenceServer(arguments, token, ServerSockets.bind(arguments, environment));
  }

  /** Begins to answer. The classifier stays the caller's to close, after this server. */
  public void start(LocalClassifier model) {
    // The first pass of a process takes longest: no client is to wait for it.
    boolean pairs = model.takesPairs().orElse(false);
    answers(
        model, List.of(new TextQueue.Text(FIRST, pairs ? Optional.of(FIRST) : Optional.empty())));
    start(model, batch -> answers(model, batch));
  }

  /** As the other, with another engine that answers batches. */
  void start(LocalClassifier model, TextQueue.Engine engine) {
    classifier = model;
    queue =
        new TextQueue(
            engine,
            arguments.maxBatchSize(),
            arguments.maxBatchDelayMs(),
            arguments.maxQueue(),
            metrics);
    http.start();
  }

  /** Where it listens, as {@code http://127.0.0.1:8080}. */
  public String url() {
    InetSocketAddress at = http.getAddress();
    String host = at.getAddress().getHostAddress();
    return "%s://%s:%d"
        .formatted(
            http instanceof HttpsServer ? "https" : "http",
            host.contains(":") ? "[" + host + "]" : host,
            at.getPort());
  }

  /** Whether anybody in a network may ask it, without a token. */
  public boolean isOpen() {
    return token.isEmpty() && !http.getAddress().getAddress().isLoopbackAddress();
  }

  /** Waits until it was closed. */
  public void awaitStop() throws InterruptedException {
    stopped.await();
  }

  /** Single texts go through the network together, and so do pairs. */
  static List<LocalClassifier.Answer> answers(LocalClassifier model, List<TextQueue.Text> batch) {
    LocalClassifier.Answer[] answers = new LocalClassifier.Answer[batch.size()];
    for (boolean pairs : new boolean[] {false, true}) {
      int[] places =
          IntStream.range(0, answers.length)
              .filter(i -> batch.get(i).second().isPresent() == pairs)
              .toArray();
      List<String> texts = Arrays.stream(places).mapToObj(i -> batch.get(i).text()).toList();
      List<String> seconds =
          Arrays.stream(places).boxed().flatMap(i -> batch.get(i).second().stream()).toList();
      if (!texts.isEmpty()) {
        List<LocalClassifier.Answer> found =
            pairs ? model.classify(texts, seconds) : model.classify(texts);
        for (int i = 0; i < places.length; i++) {
          answers[places[i]] = found.get(i);
        }
      }
    }
    return List.of(answers);
  }

  private record Response(
      int status, String contentType, byte[] body, Map<String, String> headers) {
    static Response json(int status, byte[] body) {
      return new Response(status, JSON, body, Map.of());
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    long start = System.nanoTime();
    String path = String.valueOf(exchange.getRequestURI().getPath());
    boolean isPrediction = path.equals("/") || path.equals(PREDICT);
    boolean entered = isPrediction && enter();
    try (exchange) {
      Response response = respond(exchange, path, isPrediction, entered);
      if (isPrediction) {
        metrics.request(response.status(), (System.nanoTime() - start) / 1e9);
      }
      send(exchange, response);
    } catch (IOException e) {
      // The client has gone, or was too slow.
      LOG.debug("a request was not answered", e);
    } finally {
      if (entered) {
        leave();
      }
    }
  }

  private Response respond(
      HttpExchange exchange, String path, boolean isPrediction, boolean entered)
      throws IOException {
    try {
      if (!isPrediction) {
        return status(exchange, path);
      } else if (!entered) {
        throw stopping();
      }
      return predict(exchange);
    } catch (HttpStatusException e) {
      byte[] body = InferenceRequest.error(e.getMessage());
      return new Response(e.status(), JSON, body, e.headers());
    } catch (RuntimeException e) {
      LOG.error("a request failed", e);
      return Response.json(500, InferenceRequest.error("the server's log says what went wrong"));
    }
  }

  private static HttpStatusException stopping() {
    return new HttpStatusException(
        503, "the server is stopping: send it to another", Map.of("Connection", "close"));
  }

  private static void send(HttpExchange exchange, Response response) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", response.contentType());
    response.headers().forEach(exchange.getResponseHeaders()::set);
    boolean hasBody = !exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(response.status(), hasBody ? response.body().length : -1);
    if (hasBody) {
      exchange.getResponseBody().write(response.body());
    }
  }

  private Response status(HttpExchange exchange, String path) throws HttpStatusException {
    switch (path) {
      case "/health":
        requireMethod(exchange, "GET");
        return Response.json(200, "{\"status\":\"ok\"}".getBytes(StandardCharsets.UTF_8));
      case "/ready":
        requireMethod(exchange, "GET");
        if (isStopping() || !queue.hasRoom()) {
          throw new HttpStatusException(
              503, isStopping() ? "the server is stopping" : "the queue is full");
        }
        return Response.json(200, "{\"status\":\"ready\"}".getBytes(StandardCharsets.UTF_8));
      case "/metrics":
        requireMethod(exchange, "GET");
        requireToken(exchange);
        return new Response(
            200,
            ServeMetrics.CONTENT_TYPE,
            metrics.print(queue::length).getBytes(StandardCharsets.UTF_8),
            Map.of());
      default:
        throw new HttpStatusException(
            404,
            "there is no such path: expected POST / or /predict, GET /health, /ready or /metrics");
    }
  }

  private Response predict(HttpExchange exchange) throws IOException, HttpStatusException {
    requireMethod(exchange, "POST");
    requireToken(exchange);
    byte[] body = body(exchange);
    String function = classifier.problemType().task().activation().name().toLowerCase(Locale.ROOT);
    InferenceRequest request = InferenceRequest.parse(body, function, arguments.maxInputs());
    check(request);
    CompletableFuture<List<LocalClassifier.Answer>> answers =
        queue
            .add(request.texts())
            .orElseThrow(
                () ->
                    new HttpStatusException(
                        429,
                        "too many texts wait already (serve.max_queue=%d): send it again later"
                            .formatted(arguments.maxQueue()),
                        Map.of("Retry-After", "1")));
    try {
      return Response.json(200, request.response(answers.get()));
    } catch (ExecutionException e) {
      LOG.error("a batch could not be classified", e.getCause());
      throw new HttpStatusException(
          500, "the text could not be classified; the server's log says why");
    } catch (CancellationException e) {
      throw stopping();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stopping();
    }
  }

  private void check(InferenceRequest request) throws HttpStatusException {
    int index = 0;
    for (TextQueue.Text text : request.texts()) {
      try {
        classifier.check("inputs[" + index++ + "]", text.text(), text.second());
      } catch (UserException e) {
        throw new HttpStatusException(400, Failures.userMessage(e).orElse(e.getMessage()));
      }
    }
  }

  private byte[] body(HttpExchange exchange) throws IOException, HttpStatusException {
    String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new HttpStatusException(
          415, "the body has a Content-Encoding: expected plain JSON, without one");
    }
    InputStream in = exchange.getRequestBody();
    int most = arguments.maxBodyBytes();
    byte[] body = in.readNBytes(most + 1);
    if (body.length > most) {
      for (long left = DISCARDED_BYTES, skipped = 1; left > 0 && skipped > 0; left -= skipped) {
        skipped = in.readNBytes((int) Math.min(left, 1 << 16)).length;
      }
      throw new HttpStatusException(
          413,
          "the body has more than %d bytes (serve.max_body_bytes): send fewer texts at a time"
              .formatted(most));
    }
    return body;
  }

  private static void requireMethod(HttpExchange exchange, String method)
      throws HttpStatusException {
    String given = exchange.getRequestMethod();
    boolean head = method.equals("GET") && given.equals("HEAD");
    if (!given.equals(method) && !head) {
      throw new HttpStatusException(
          405, "expected " + method, Map.of("Allow", method.equals("GET") ? "GET, HEAD" : method));
    }
  }

  private void requireToken(HttpExchange exchange) throws HttpStatusException {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    if (token.isPresent() && !token.get().isIn(given)) {
      throw new HttpStatusException(
          401,
          "expected the header Authorization: Bearer TOKEN, with this server's token",
          Map.of("WWW-Authenticate", "Bearer"));
    }
  }

  /** Whether a request will be answered: then whoever stops the server waits for it. */
  private synchronized boolean enter() {
    if (!stopping) {
      inFlight++;
    }
    return !stopping;
  }

  private synchronized void leave() {
    inFlight--;
    notifyAll();
  }

  private synchronized boolean isStopping() {
    return stopping;
  }

  /**
   * Stops: what is in flight is answered, if it is done in {@code serve.stop_timeout_seconds}; what
   * comes in the meantime is refused with 503.
   */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      awaitClosed();
      return;
    }
    boolean done = drain(Duration.ofSeconds(arguments.stopTimeoutSeconds()));
    http.stop(0);
    threads.shutdownNow();
    if (queue != null && done) {
      queue.close();
    }
    stopped.countDown();
  }

  private void awaitClosed() {
    try {
      awaitStop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean drain(Duration patience) {
    stopping = true;
    long end = System.nanoTime() + patience.toNanos();
    try {
      for (long left = patience.toNanos();
          inFlight > 0 && left > 0;
          left = end - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return inFlight == 0;
  }
}
