package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sparkfinetune.serve.ServedModel.TEXTS;
import static org.sparkfinetune.serve.ServedModel.assertAnswer;
import static org.sparkfinetune.serve.ServedModel.assertRefused;
import static org.sparkfinetune.serve.ServedModel.inputs;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.UserException;

/** Requests over loopback to a server of a tiny model. */
class InferenceServerTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir static Path folder;
  private static LocalClassifier model;

  @BeforeAll
  static void load() {
    model = ServedModel.load(folder);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static ServedModel start(Map<String, Object> settings) {
    return ServedModel.start(model, settings);
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
}
