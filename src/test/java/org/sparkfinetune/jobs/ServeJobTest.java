package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestModels;

/** The server as a process of its own, as its users have it. */
@Tag("slow")
class ServeJobTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String TEXT = "{\"inputs\": \"I lost my card\"}";
  private static final String TOKEN = "a-token-that-nobody-is-to-see";

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  private ChildJvm serve(String name, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("serve", "serve.port=0", "serve.max_queue=128"));
    all.addAll(List.of(arguments));
    return ChildJvm.start(name, Main.class, ChildJvm.SHORT_LIVED, all, environment, folder);
  }

  private static HttpRequest post(URI at) {
    return HttpRequest.newBuilder(at)
        .header("Authorization", "Bearer " + TOKEN)
        .POST(HttpRequest.BodyPublishers.ofString(TEXT))
        .build();
  }

  @Test
  void servesWithoutSparkUntilItIsTerminatedAndAnswersWhatIsInFlight() throws Exception {
    String model =
        TestModels.undecided(folder.resolve("model"), List.of("card", "loan"), "card", "loan");
    try (ChildJvm job =
        serve(
            "served",
            Map.of("SPARK_FINETUNE_SERVE_TOKEN", TOKEN),
            "model=" + model,
            "serve.max_batch_delay_ms=1500",
            "serve.request_timeout_seconds=1")) {
      URI at =
          URI.create(
              job.awaitOutput(
                      "Serving .* \\(2 labels, texts of up to 128 tokens\\) at (\\S+)", PATIENCE)
                  .group(1));
      assertThat(at.getHost()).isEqualTo("127.0.0.1");
      // One that never ends its request is let go.
      try (Socket slow = new Socket(at.getHost(), at.getPort())) {
        slow.setSoTimeout((int) PATIENCE.toMillis());
        slow.getOutputStream()
            .write(
                "POST / HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: 9\r\n\r\n{"
                    .formatted(TOKEN)
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(slow.getInputStream().read()).isEqualTo(-1);
      }
      assertThat(
              client
                  .send(
                      HttpRequest.newBuilder(at)
                          .POST(HttpRequest.BodyPublishers.ofString(TEXT))
                          .build(),
                      HttpResponse.BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(401);

      CompletableFuture<HttpResponse<String>> answer =
          client.sendAsync(post(at), HttpResponse.BodyHandlers.ofString());
      HttpRequest metrics =
          HttpRequest.newBuilder(at.resolve("/metrics"))
              .header("Authorization", "Bearer " + TOKEN)
              .build();
      assertThat(
              ChildJvm.waitUntil(
                  () ->
                      client
                          .sendAsync(metrics, HttpResponse.BodyHandlers.ofString())
                          .join()
                          .body()
                          .contains("queue_length 1"),
                  PATIENCE))
          .isTrue();
      ChildJvm.signal(job.process(), "TERM");

      assertThat(answer.get().statusCode()).isEqualTo(200);
      assertThat(answer.get().body()).startsWith("[[{\"label\":\"");
      assertThat(job.awaitEnd(PATIENCE)).isEqualTo(143);
      assertThat(job.output().lines()).hasSize(2).last().isEqualTo("Stopped");
      assertThat(job.output() + job.log())
          .doesNotContain("Running Spark version", TOKEN, "I lost my card");
    }
  }

  @Test
  void whatAUserGetsWrongIsOneLineAndExitCode2() throws Exception {
    Path none = folder.resolve("none");
    try (ChildJvm job = serve("missing", Map.of(), "model=" + none)) {
      assertThat(job.awaitEnd(PATIENCE)).isEqualTo(2);
      assertThat(job.output().lines()).hasSize(1);
      assertThat(job.output())
          .startsWith("serve: model=" + none + ": There is no pretrained model");
    }
    try (ChildJvm job =
        serve("token", Map.of("SPARK_FINETUNE_SERVE_TOKEN", "two words"), "model=" + none)) {
      assertThat(job.awaitEnd(PATIENCE)).isEqualTo(2);
      assertThat(job.output().lines()).hasSize(1);
      assertThat(job.output())
          .startsWith("serve: the environment's SPARK_FINETUNE_SERVE_TOKEN holds");
    }
  }
}
