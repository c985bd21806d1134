package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.TestModels;

/** A server of the tests at a port of its own, and a client of it. */
final class ServedModel implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A text in another batch: sums are in another order, and differ in their last digits. */
  private static final double OTHER_BATCH = 1e-4;

  static final List<String> TEXTS =
      IntStream.range(0, 64)
          .mapToObj(
              i ->
                  List.of("card", "a loan for a house", "send", "hello world").get(i % 4)
                      + " "
                      + List.of("lost", "tomorrow", "abroad", "please help me", "now").get(i % 5)
                      + " number "
                      + i)
          .toList();

  final InferenceServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private ServedModel(InferenceServer server) {
    this.server = server;
  }

  static ServedModel start(LocalClassifier model, Map<String, Object> settings) {
    InferenceServer server = bind(settings, Map.of());
    server.start(model);
    return new ServedModel(server);
  }

  static ServedModel start(
      LocalClassifier model,
      TextQueue.Engine engine,
      Map<String, Object> settings,
      Map<String, String> environment) {
    InferenceServer server = bind(settings, environment);
    server.start(model, engine);
    return new ServedModel(server);
  }

  private static InferenceServer bind(
      Map<String, Object> settings, Map<String, String> environment) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("port", 0);
    return InferenceServer.bind(ServeArguments.SCHEMA.create(all), environment);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return post(body.getBytes(StandardCharsets.UTF_8));
  }

  HttpResponse<String> post(byte[] body) throws IOException, InterruptedException {
    return send(request("/").POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  CompletableFuture<HttpResponse<String>> postLater(String body) {
    return client.sendAsync(
        request("/").POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  /** A figure of {@code /metrics}. */
  double metric(String name) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("spark_finetune_serve_" + name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() {
    server.close();
  }

  /** A tiny model, in fp32, that has several answers to {@link #TEXTS}. */
  static LocalClassifier load(Path folder) {
    String path =
        TestModels.undecided(
            folder.resolve("hf"), TEXTS, "card", "loan", "transfer", "ümlaut \"x\"");
    return LocalClassifier.load(path, new Configuration(), "fp32");
  }

  static String inputs(String text) {
    return "{\"inputs\": \"%s\"}".formatted(text);
  }

  static void assertAnswer(JsonNode scores, LocalClassifier.Answer expected) {
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

  static void assertRefused(HttpResponse<String> response, int status, String message)
      throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode body = json(response);
    assertThat(body.size()).isEqualTo(1);
    assertThat(body.get("error").textValue())
        .startsWith(message)
        .doesNotContain("\n")
        .doesNotContain("Exception", "com.fasterxml")
        .hasSizeLessThan(300);
  }
}
