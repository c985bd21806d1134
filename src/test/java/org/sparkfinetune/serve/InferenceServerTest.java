package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;

/** Requests over loopback to a server of a tiny model. */
class InferenceServerTest {
  /** A text in another batch: sums are in another order, and differ in their last digits. */
  private static final double OTHER_BATCH = 1e-4;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final List<String> TEXTS =
      IntStream.range(0, 64)
          .mapToObj(
              i ->
                  List.of("card", "a loan for a house", "send", "hello world").get(i % 4)
                      + " "
                      + List.of("lost", "tomorrow", "abroad", "please help me", "now").get(i % 5)
                      + " number "
                      + i)
          .toList();

  @TempDir static Path folder;
  private static LocalClassifier model;

  @BeforeAll
  static void load() {
    String path =
        TestModels.undecided(
            folder.resolve("hf"), TEXTS, "card", "loan", "transfer", "ümlaut \"x\"");
    model = LocalClassifier.load(path, new Configuration(), "fp32");
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static ServedModel start(Map<String, Object> settings) {
    return ServedModel.start(model, settings);
  }

  private static String inputs(String text) {
    return "{\"inputs\": \"%s\"}".formatted(text);
  }

  private static void assertAnswer(JsonNode scores, LocalClassifier.Answer expected) {
    assertThat(scores).hasSize(expected.scores().size());
    assertThat(scores.get(0).get("label").textValue()).isEqualTo(expected.labels().get(0));
    for (int i = 0; i < scores.size(); i++) {
      assertThat(scores.get(i).size()).isEqualTo(2);
      assertThat(scores.get(i).get("label").textValue())
          .isEqualTo(expected.scores().get(i).label());
      assertThat(scores.get(i).get("score").doubleValue())
          .isCloseTo(expected.scores().get(i).probability(), within(OTHER_BATCH));
    }
  }

  @Test
  void answersInTheShapeOfTheInferenceApi() throws Exception {
    try (ServedModel served = start(Map.of())) {
      HttpResponse<String> single = served.post(inputs(TEXTS.get(0)));
      assertThat(single.statusCode()).isEqualTo(200);
      assertThat(single.headers().firstValue("Content-Type")).hasValue("application/json");
      assertThat(ServedModel.json(single)).hasSize(1);
      assertAnswer(ServedModel.json(single).get(0), model.classify(TEXTS.get(0)));

      String list = TEXTS.stream().map(text -> '"' + text + '"').collect(Collectors.joining(","));
      JsonNode all =
          ServedModel.json(served.post("{\"inputs\": [" + list + "], \"parameters\": null}"));
      assertThat(all).hasSize(TEXTS.size());
      List<LocalClassifier.Answer> expected = model.classify(TEXTS);
      for (int i = 0; i < TEXTS.size(); i++) {
        assertAnswer(all.get(i), expected.get(i));
      }
      assertThat(expected.stream().map(a -> a.labels().get(0)).distinct())
          .as("texts of several labels")
          .hasSizeGreaterThan(1);

      JsonNode mixed =
          ServedModel.json(
              served.post(
                  "{\"inputs\": [{\"text\": \"a\", \"text_pair\": \"b\"}, \"a\", {\"text\": \"a\"}],"
                      + " \"parameters\": {\"function_to_apply\": \"softmax\"}}"));
      assertAnswer(mixed.get(0), model.classify("a", "b"));
      assertAnswer(mixed.get(1), model.classify("a"));
      assertAnswer(mixed.get(2), model.classify("a"));
      assertThat(mixed.get(0)).isNotEqualTo(mixed.get(1));

      JsonNode top =
          ServedModel.json(served.post("{\"inputs\": \"card\", \"parameters\": {\"top_k\": 2}}"));
      assertThat(top.get(0)).hasSize(2);
      JsonNode predicted =
          ServedModel.json(
              served.post("{\"inputs\": \"card\", \"parameters\": {\"only_predicted\": true}}"));
      assertThat(predicted.get(0)).hasSize(1);
      assertThat(predicted.get(0).get(0)).isEqualTo(top.get(0).get(0));
      HttpResponse<String> same =
          served.send(
              served
                  .request("/predict?x=1")
                  .POST(HttpRequest.BodyPublishers.ofString(inputs("card"))));
      assertThat(ServedModel.json(same).get(0).get(0)).isEqualTo(top.get(0).get(0));
    }
  }

  /** Of 64 clients at once each gets the answer to its own text, and batches are shared. */
  @Test
  void clientsGetTheAnswersToTheirOwnTexts() throws Exception {
    List<LocalClassifier.Answer> expected = model.classify(TEXTS);
    try (ServedModel served = start(Map.of("max_batch_size", 8, "max_batch_delay_ms", 5))) {
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int round = 0; round < 4; round++) {
        TEXTS.forEach(text -> all.add(served.postLater(inputs(text))));
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
      }
      for (int i = 0; i < all.size(); i++) {
        JsonNode answer = ServedModel.json(all.get(i).join());
        assertThat(answer).as("%s", answer).hasSize(1);
        assertAnswer(answer.get(0), expected.get(i % TEXTS.size()));
      }
      assertThat(served.metric("requests_total{status=\"200\"}")).isEqualTo(256);
      assertThat(served.metric("batch_size_sum")).isEqualTo(256);
      assertThat(served.metric("batch_size_count")).isBetween(32.0, 200.0);
      assertThat(served.metric("batch_size_bucket{le=\"8.0\"}"))
          .isEqualTo(served.metric("batch_size_count"));
    }
  }

  private record Malformed(String body, String message) {}

  private static List<Malformed> malformed() {
    String expected = ": expected {\"inputs\": \"a text\"}";
    List<Malformed> all =
        new ArrayList<>(
            List.of(
                new Malformed("", "the body is empty: expected a JSON object"),
                new Malformed("[]", "the body is array: expected a JSON object"),
                new Malformed("\"a\"", "the body is string: expected a JSON object"),
                new Malformed("null", "the body is null: expected a JSON object"),
                new Malformed("{}", "inputs is missing" + expected),
                new Malformed("{\"input\": \"a\"}", "the body has the unknown key input"),
                new Malformed(
                    "{\"inputs\": \"a\", \"options\": {}}", "the body has the unknown key options"),
                new Malformed("{\"inputs\": \"a\"} x", "the body is no JSON in line 1"),
                new Malformed("{\"inputs\": \"a\", \"inputs\": \"b\"}", "the body is no JSON"),
                new Malformed("{\"inputs\": [\"a\", 1]}", "inputs[1] is 1: expected a text"),
                new Malformed("{\"inputs\": [[\"a\"]]}", "inputs[0] is [\"a\"]: expected a text"),
                new Malformed("{\"inputs\": []}", "inputs has 0 texts: expected 1 to 8"),
                new Malformed(
                    "{\"inputs\": [" + "\"a\",".repeat(8) + "\"a\"]}",
                    "inputs has 9 texts: expected 1 to 8 (serve.max_inputs)"),
                new Malformed("{\"inputs\": \" \"}", "inputs[0] is blank: expected a text"),
                new Malformed("{\"inputs\": [\"a\", \"\"]}", "inputs[1] is blank"),
                new Malformed("{\"inputs\": {\"text_pair\": \"b\"}}", "inputs.text is missing"),
                new Malformed(
                    "{\"inputs\": {\"text\": \"a\", \"text_pair\": \"\"}}",
                    "the second text of inputs[0] is blank"),
                new Malformed(
                    "{\"inputs\": {\"text\": \"a\", \"pair\": \"b\"}}",
                    "inputs has the unknown key pair: known are text, text_pair"),
                new Malformed(
                    "{\"inputs\": \"a\", \"parameters\": []}",
                    "parameters is array: expected a JSON object"),
                new Malformed(
                    "{\"inputs\": \"a\", \"parameters\": {\"truncation\": true}}",
                    "parameters has the unknown key truncation: known are top_k"),
                new Malformed(
                    "{\"inputs\": \"a\", \"parameters\": {\"function_to_apply\": \"sigmoid\"}}",
                    "parameters.function_to_apply is \"sigmoid\": this model's probabilities are of"
                        + " softmax"),
                new Malformed(
                    "{\"a\":".repeat(5000) + "1" + "}".repeat(5000), "the body is no JSON"),
                new Malformed("[".repeat(100_000), "the body is no JSON")));
    for (String value : List.of("1", "1.5", "true", "null", "-0", "1e400", "1e9999999999")) {
      all.add(new Malformed("{\"inputs\": " + value + "}", "inputs is "));
    }
    for (String value : List.of("0", "-1", "1.5", "\"1\"", "true", "[]", "{}", "9999999999")) {
      all.add(
          new Malformed(
              "{\"inputs\": \"a\", \"parameters\": {\"top_k\": " + value + "}}",
              "parameters.top_k is " + value + ": expected a whole number from 1"));
      all.add(
          new Malformed(
              "{\"inputs\": \"a\", \"parameters\": {\"function_to_apply\": " + value + "}}",
              "parameters.function_to_apply is "));
      if (!value.equals("true")) {
        all.add(
            new Malformed(
                "{\"inputs\": \"a\", \"parameters\": {\"only_predicted\": " + value + "}}",
                "parameters.only_predicted is " + value + ": expected true or false"));
      }
    }
    // A sound request that is cut anywhere is none.
    String whole = "{\"inputs\": [\"a b\"], \"parameters\": {\"top_k\": 10}}";
    for (int end = 1; end < whole.length(); end++) {
      all.add(new Malformed(whole.substring(0, end), "the body is no JSON"));
    }
    return all;
  }

  @Test
  void malformedRequestsAreRefusedInOneLineAndTheServerLivesOn() throws Exception {
    try (ServedModel served = start(Map.of("max_inputs", 8))) {
      List<Malformed> malformed = malformed();
      assertThat(malformed).hasSizeGreaterThan(90);
      for (Malformed request : malformed) {
        HttpResponse<String> response = served.post(request.body());
        assertRefused(response, 400, request.message());
      }
      for (byte[] bytes :
          List.of(
              "{\"inputs\": \"\u00FC\"}".getBytes(StandardCharsets.ISO_8859_1),
              "{\"inputs\": \"a\"}".getBytes(StandardCharsets.UTF_16LE).clone(),
              new byte[] {0, 1, 2, (byte) 0xFF, (byte) 0xFE, 3},
              new byte[] {(byte) 0xC0, (byte) 0x80})) {
        int status = served.post(bytes).statusCode();
        // JSON in UTF-16 is JSON to Jackson.
        assertThat(status).isIn(200, 400);
      }
      assertRefused(served.get("/"), 405, "expected POST");
      assertRefused(served.get("/predict"), 405, "expected POST");
      assertThat(served.get("/").headers().firstValue("Allow")).hasValue("POST");
      for (String method : List.of("PUT", "DELETE", "PATCH", "OPTIONS")) {
        assertRefused(
            served.send(
                served.request("/").method(method, HttpRequest.BodyPublishers.ofString("{}"))),
            405,
            "expected POST");
      }
      for (String path : List.of("/health", "/ready", "/metrics")) {
        assertRefused(
            served.send(served.request(path).POST(HttpRequest.BodyPublishers.noBody())),
            405,
            "expected GET");
      }
      for (String path : List.of("/none", "/predict/", "/..", "/metrics/x", "/%00")) {
        assertRefused(served.get(path), 404, "there is no such path: expected POST / or /predict");
      }
      // Of the JDK's server itself, which takes it for no address.
      assertThat(served.get("//").statusCode()).isEqualTo(400);
      assertRefused(
          served.send(
              served
                  .request("/")
                  .header("Content-Encoding", "gzip")
                  .POST(HttpRequest.BodyPublishers.ofString(inputs("a")))),
          415,
          "the body has a Content-Encoding");
      assertThat(served.metric("requests_total{status=\"400\"}"))
          .isGreaterThanOrEqualTo(malformed.size());
      assertThat(served.get("/health").statusCode()).isEqualTo(200);
      assertAnswer(
          ServedModel.json(served.post(inputs(TEXTS.get(1)))).get(0), model.classify(TEXTS.get(1)));
    }
  }

  private static void assertRefused(HttpResponse<String> response, int status, String message)
      throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode body = ServedModel.json(response);
    assertThat(body.size()).isEqualTo(1);
    assertThat(body.get("error").textValue())
        .startsWith(message)
        .doesNotContain("\n")
        .doesNotContain("Exception", "com.fasterxml")
        .hasSizeLessThan(300);
  }

  /** What is no HTTP ends its own connection alone; a client that never ends its request too. */
  @Test
  void whatIsNoHttpHarmsNobody() throws Exception {
    try (ServedModel served = start(Map.of())) {
      URI at = URI.create(served.server.url());
      for (String request :
          List.of(
              "\r\n\r\n",
              "nonsense\r\n\r\n",
              "GET\r\n\r\n",
              "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
              "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
              "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
              "POST http://[ HTTP/1.1\r\n\r\n",
              "\u0016\u0003\u0001 a handshake of TLS\r\n\r\n")) {
        try (Socket socket = new Socket(at.getHost(), at.getPort())) {
          socket.setSoTimeout((int) PATIENCE.toMillis());
          OutputStream out = socket.getOutputStream();
          out.write(request.getBytes(StandardCharsets.ISO_8859_1));
          socket.shutdownOutput();
          String answer =
              new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
          assertThat(answer).doesNotContain("200 OK", "\tat ");
        }
      }
      try (Socket slow = new Socket(at.getHost(), at.getPort());
          Socket half = new Socket(at.getHost(), at.getPort())) {
        slow.getOutputStream().write("POST / HT".getBytes(StandardCharsets.US_ASCII));
        half.getOutputStream()
            .write(
                "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(served.post(inputs("card")).statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void aTokenIsAskedFor() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "s3cret-token\n");
    for (boolean ofFile : new boolean[] {true, false}) {
      try (ServedModel served =
          ServedModel.start(
              model,
              batch -> InferenceServer.answers(model, batch),
              ofFile ? Map.of("token_file", file.toString()) : Map.of(),
              Map.of(BearerToken.VARIABLE, ofFile ? "another" : "s3cret-token"))) {
        String message = "expected the header Authorization: Bearer TOKEN";
        assertRefused(served.post(inputs("card")), 401, message);
        assertRefused(served.get("/metrics"), 401, message);
        for (String wrong :
            List.of("Bearer another", "Bearer s3cret-toke", "Basic s3cret-token", "Bearer ")) {
          HttpResponse<String> refused =
              served.send(
                  served
                      .request("/")
                      .header("Authorization", wrong)
                      .POST(HttpRequest.BodyPublishers.ofString(inputs("card"))));
          assertRefused(refused, 401, message);
          assertThat(refused.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        }
        HttpResponse<String> right =
            served.send(
                served
                    .request("/")
                    .header("authorization", "bearer s3cret-token")
                    .POST(HttpRequest.BodyPublishers.ofString(inputs("card"))));
        assertThat(right.statusCode()).isEqualTo(200);
        assertThat(served.get("/health").statusCode()).isEqualTo(200);
        assertThat(served.get("/ready").statusCode()).isEqualTo(200);
      }
    }
    assertThatThrownBy(() -> BearerToken.find("", Map.of(BearerToken.VARIABLE, " ")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("the environment's " + BearerToken.VARIABLE + " holds no token");
    assertThatThrownBy(() -> BearerToken.find(folder.resolve("none").toString(), Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("cannot be read (NoSuchFileException): expected a file");
  }

  @Test
  void aBodyThatIsTooLongIsRefused() throws Exception {
    try (ServedModel served = start(Map.of("max_body_bytes", 1000))) {
      String longest = inputs("a".repeat(1000 - inputs("").length()));
      assertThat(served.post(longest).statusCode()).isEqualTo(200);
      String message = "the body has more than 1000 bytes (serve.max_body_bytes)";
      assertRefused(served.post(longest + " "), 413, message);
      assertRefused(served.post("a".repeat(3_000_000)), 413, message);
      // Without a length: chunks.
      assertRefused(
          served.send(
              served
                  .request("/")
                  .POST(
                      HttpRequest.BodyPublishers.ofByteArrays(
                          List.of(new byte[800], new byte[800])))),
          413,
          message);
      assertThat(served.post(inputs("card")).statusCode()).isEqualTo(200);
    }
  }

  /** An engine that waits before it answers, and tells when it has a batch. */
  private static final class Held implements TextQueue.Engine {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch gate = new CountDownLatch(1);

    @Override
    public List<LocalClassifier.Answer> answer(List<TextQueue.Text> batch) {
      entered.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return InferenceServer.answers(model, batch);
    }
  }

  @Test
  void aFullQueueTurnsRequestsAway() throws Exception {
    Held engine = new Held();
    try (ServedModel served =
        ServedModel.start(
            model,
            engine,
            Map.of("max_queue", 3, "max_inputs", 3, "max_batch_size", 2),
            Map.of())) {
      List<CompletableFuture<HttpResponse<String>>> taken = new ArrayList<>();
      taken.add(served.postLater(inputs(TEXTS.get(0))));
      engine.entered.await();
      taken.add(served.postLater(inputs(TEXTS.get(1))));
      assertThat(ChildJvm.waitUntil(() -> queueLength(served) == 1, PATIENCE)).isTrue();
      assertThat(served.get("/ready").statusCode()).isEqualTo(200);

      HttpResponse<String> tooMany = served.post("{\"inputs\": [\"a\", \"b\", \"c\"]}");
      assertRefused(
          tooMany, 429, "too many texts wait already (serve.max_queue=3): send it again later");
      assertThat(tooMany.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(queueLength(served)).as("all of a request or none").isEqualTo(1);

      taken.add(served.postLater("{\"inputs\": [\"%s\", \"b\"]}".formatted(TEXTS.get(2))));
      assertThat(ChildJvm.waitUntil(() -> queueLength(served) == 3, PATIENCE)).isTrue();
      assertRefused(served.post(inputs("a")), 429, "too many texts wait already");
      assertRefused(served.get("/ready"), 503, "the queue is full");
      assertThat(served.get("/health").statusCode()).isEqualTo(200);

      engine.gate.countDown();
      for (int i = 0; i < taken.size(); i++) {
        assertAnswer(ServedModel.json(taken.get(i).get()).get(0), model.classify(TEXTS.get(i)));
      }
      assertThat(served.post(inputs("a")).statusCode()).isEqualTo(200);
      assertThat(served.metric("requests_total{status=\"429\"}")).isEqualTo(2);
    }
  }

  private static double queueLength(ServedModel served) {
    try {
      return served.metric("queue_length");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aServerThatStopsAnswersWhatIsInFlight() throws Exception {
    Held engine = new Held();
    ServedModel served = ServedModel.start(model, engine, Map.of(), Map.of());
    try (served) {
      List<CompletableFuture<HttpResponse<String>>> inFlight = new ArrayList<>();
      inFlight.add(served.postLater(inputs(TEXTS.get(0))));
      engine.entered.await();
      inFlight.add(served.postLater(inputs(TEXTS.get(1))));
      assertThat(ChildJvm.waitUntil(() -> queueLength(served) == 1, PATIENCE)).isTrue();

      Thread stop = new Thread(served.server::close);
      stop.start();
      assertThat(
              ChildJvm.waitUntil(
                  () -> {
                    try {
                      return served.get("/ready").statusCode() == 503;
                    } catch (IOException | InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  },
                  PATIENCE))
          .isTrue();
      assertRefused(served.post(inputs("a")), 503, "the server is stopping");
      engine.gate.countDown();
      for (int i = 0; i < inFlight.size(); i++) {
        HttpResponse<String> answer = inFlight.get(i).get();
        assertThat(answer.statusCode()).isEqualTo(200);
        assertAnswer(ServedModel.json(answer).get(0), model.classify(TEXTS.get(i)));
      }
      stop.join();
      served.server.awaitStop();
      assertThatThrownBy(() -> served.get("/health")).isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void aBatchThatFailsIsAnErrorOfItsOwnAndNoStackTrace() throws Exception {
    AtomicBoolean failing = new AtomicBoolean(true);
    try (ServedModel served =
        ServedModel.start(
            model,
            batch -> {
              if (failing.get()) {
                throw new OutOfMemoryError("native memory");
              }
              return InferenceServer.answers(model, batch);
            },
            Map.of(),
            Map.of())) {
      assertRefused(served.post(inputs("a")), 500, "the text could not be classified");
      failing.set(false);
      assertThat(served.post(inputs("a")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void metricsAreWhatPrometheusReads() throws Exception {
    try (ServedModel served = start(Map.of())) {
      served.post(inputs("a"));
      served.post("{}");
      HttpResponse<String> metrics = served.get("/metrics");
      assertThat(metrics.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=utf-8");
      Pattern sample = Pattern.compile("[a-z_]+(\\{[a-z]+=\"[^\"\\\\]+\"})? [0-9.E+-]+");
      Pattern comment =
          Pattern.compile("# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))");
      assertThat(metrics.body()).endsWith("\n");
      assertThat(metrics.body().lines())
          .allMatch(line -> (line.startsWith("#") ? comment : sample).matcher(line).matches());
      assertThat(metrics.body())
          .contains("spark_finetune_serve_requests_total{status=\"200\"} 1\n")
          .contains("spark_finetune_serve_requests_total{status=\"400\"} 1\n")
          .contains("spark_finetune_serve_request_duration_seconds_bucket{le=\"+Inf\"} 2\n")
          .contains("spark_finetune_serve_request_duration_seconds_count 2\n")
          .contains("spark_finetune_serve_batch_size_bucket{le=\"1.0\"} 1\n")
          .contains("spark_finetune_serve_queue_length 0\n");
    }
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    assertThatThrownBy(() -> start(Map.of("max_queue", 4, "max_inputs", 5)))
        .hasStackTraceContaining("serve.max_inputs=5 is more than serve.max_queue=4");
    try (ServedModel served = start(Map.of())) {
      int port = URI.create(served.server.url()).getPort();
      assertThatThrownBy(
              () ->
                  InferenceServer.bind(
                      ServeArguments.SCHEMA.create(Map.of("port", port)), Map.of()))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("serve.host=127.0.0.1 serve.port=" + port + ": cannot listen");
    }
    assertThatThrownBy(
            () ->
                InferenceServer.bind(
                    ServeArguments.SCHEMA.create(Map.of("host", "no.such.host.invalid")), Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("serve.host=no.such.host.invalid: no such host");
  }

  @Test
  void aKeystoreMakesItHttps() throws Exception {
    String password = "a password";
    Path store = folder.resolve("server.p12");
    List<String> keytool =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    keytool.addAll(
        List.of("-genkeypair -keyalg EC -storetype PKCS12 -dname CN=localhost".split(" ")));
    keytool.addAll(List.of("-ext", "san=ip:127.0.0.1", "-keystore", store.toString()));
    keytool.addAll(List.of("-storepass", password));
    assertThat(new ProcessBuilder(keytool).inheritIO().start().waitFor()).isZero();
    ServeArguments arguments =
        ServeArguments.SCHEMA.create(Map.of("port", 0, "tls_keystore", store.toString()));

    try (InferenceServer server =
        InferenceServer.bind(arguments, Map.of(ServerSockets.PASSWORD, password))) {
      server.start(model);
      assertThat(server.url()).startsWith("https://127.0.0.1:");
      HttpClient client = HttpClient.newBuilder().sslContext(trusting(store, password)).build();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.url()))
              .POST(HttpRequest.BodyPublishers.ofString(inputs("card")))
              .build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertAnswer(ServedModel.json(answer).get(0), model.classify("card"));
    }
    for (Map<String, String> environment :
        List.of(Map.<String, String>of(), Map.of(ServerSockets.PASSWORD, "another password"))) {
      assertThatThrownBy(() -> InferenceServer.bind(arguments, environment))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("serve.tls_keystore=" + store)
          .hasMessageContaining(ServerSockets.PASSWORD)
          .hasMessageNotContaining("another password");
    }
  }

  private static SSLContext trusting(Path store, String password) throws Exception {
    KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", keys.getCertificate(keys.aliases().nextElement()));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
