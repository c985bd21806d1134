package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.HubPython;

/** Hugging Face's own client of its inference API, as it asks any other server. */
@Tag("slow")
class PythonClientTest {
  private static final String ASK =
      """
      import sys
      from huggingface_hub import InferenceClient

      client = InferenceClient(sys.argv[1], token=sys.argv[2])
      for score in client.text_classification(sys.argv[3], top_k=2, function_to_apply="softmax"):
          print(f"{score.label}\\t{score.score}")
      """;

  @TempDir Path folder;

  @Test
  void readsTheAnswers() throws Exception {
    String text = ServedModel.TEXTS.get(0);
    try (LocalClassifier model = ServedModel.load(folder);
        ServedModel served =
            ServedModel.start(
                model,
                batch -> InferenceServer.answers(model, batch),
                Map.of(),
                Map.of(BearerToken.VARIABLE, "s3cret-token"))) {
      List<String> lines =
          HubPython.run(
                  folder,
                  ASK,
                  Map.of("NO_PROXY", "127.0.0.1", "no_proxy", "127.0.0.1"),
                  served.server.url(),
                  "s3cret-token",
                  text)
              .lines()
              .toList();
      assertThat(lines).hasSize(2);
      for (int i = 0; i < lines.size(); i++) {
        LocalClassifier.LabelScore expected = model.classify(text).scores().get(i);
        String[] fields = lines.get(i).split("\t");
        assertThat(fields[0]).isEqualTo(expected.label());
        // As ServedModel's: the sums of another batch.
        assertThat(Double.parseDouble(fields[1])).isCloseTo(expected.probability(), within(1e-4));
      }
    }
  }
}
