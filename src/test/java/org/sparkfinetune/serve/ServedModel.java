package org.sparkfinetune.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A server of the tests at a port of its own, and a client of it. */
final class ServedModel implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  final InferenceServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private ServedModel(InferenceServer server) {
    this.server = server;
  }

  static ServedModel start(LocalClassifier model, Map<String, Object> settings) {
    return start(model, batch -> InferenceServer.answers(model, batch), settings, Map.of());
  }

  static ServedModel start(
      LocalClassifier model,
      TextQueue.Engine engine,
      Map<String, Object> settings,
      Map<String, String> environment) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("port", 0);
    InferenceServer server = InferenceServer.bind(ServeArguments.SCHEMA.create(all), environment);
    server.start(model, engine);
    return new ServedModel(server);
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
}
