package io.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.model.io.SafetensorsReader;
import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.tokenize.Batch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each family against transformers, by the goldens of {@code tools/goldens/encoders.py}. */
class EncoderGoldenTest {
  @ParameterizedTest
  @ValueSource(strings = {"bert"})
  void logitsLossAndGradientsEqualTransformers(String family) throws IOException {
    Path folder = Path.of("src/test/resources/io/sparkfinetune/model", family + "-tiny");
    JsonNode golden = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
    ModelConfig config = ModelConfig.parse(Files.readString(folder.resolve("config.json")));
    Batch batch = batch(golden);
    try (TensorSource weights = open(folder);
        SequenceClassifier model = SequenceClassifier.fromPretrained(config, weights, 1)) {
      float[][] logits = model.logits(batch);
      for (int row = 0; row < logits.length; row++) {
        for (int label = 0; label < logits[row].length; label++) {
          // Sums of 50 fp32 products in another order differ by a few ulps of 1.
          assertThat((double) logits[row][label])
              .isCloseTo(golden.at("/logits/" + row + "/" + label).doubleValue(), within(1e-5));
        }
      }
      try (PointerScope scope = new PointerScope()) {
        Tensor loss = model.loss(ForwardPass.inference(), batch);
        assertThat(loss.item_double()).isCloseTo(golden.get("loss").doubleValue(), within(1e-5));
        loss.backward();
        JsonNode norms = golden.get("gradient_norms");
        assertThat(model.parameters().tensors()).hasSize(norms.size());
        norms
            .fields()
            .forEachRemaining(
                expected -> {
                  Tensor weight = model.parameters().tensors().get(expected.getKey());
                  double norm = weight.grad().norm(new Scalar(2.0)).item_double();
                  // A key's bias shifts all scores of a query alike: its true gradient is 0, and
                  // what is left is rounding.
                  assertThat(norm)
                      .as(expected.getKey())
                      .isCloseTo(
                          expected.getValue().doubleValue(),
                          within(Math.max(1e-4 * expected.getValue().doubleValue(), 1e-6)));
                });
      }
    }
  }

  private static TensorSource open(Path folder) {
    return SafetensorsReader.open(
        new org.apache.hadoop.fs.Path(folder.resolve("model.safetensors").toUri()),
        new Configuration());
  }

  private static Batch batch(JsonNode golden) {
    int[] lengths = new ObjectMapper().convertValue(golden.get("lengths"), int[].class);
    int[] labels = new ObjectMapper().convertValue(golden.get("labels"), int[].class);
    long[] ids =
        IntStream.range(0, lengths.length)
            .mapToObj(row -> golden.get("input_ids").get(row))
            .flatMapToLong(
                row -> IntStream.range(0, row.size()).mapToLong(i -> row.get(i).longValue()))
            .toArray();
    return new Batch(
        ids, lengths, Arrays.stream(labels).asLongStream().toArray(), ids.length / lengths.length);
  }
}
