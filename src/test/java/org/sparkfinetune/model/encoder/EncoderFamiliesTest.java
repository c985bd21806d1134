package org.sparkfinetune.model.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.Batch;

class EncoderFamiliesTest {
  @Test
  void anUnknownModelTypeIsRefusedWithTheKnownOnesOfWhichEachHasAGolden() throws IOException {
    Set<String> inGoldens = new TreeSet<>();
    for (String golden : TestGoldens.families().toList()) {
      String config = Files.readString(TestGoldens.of(golden).folder().resolve("config.json"));
      inGoldens.add(ModelConfig.parse(config).modelType());
    }

    String message =
        catchThrowableOfType(UserException.class, () -> EncoderFamilies.of("gpt2")).getMessage();

    String beforeList = "config.json: model_type=gpt2 is not known; expected one of [";
    assertThat(message).startsWith(beforeList).endsWith("]");
    String list = message.substring(beforeList.length(), message.length() - 1);
    assertThat(list.split(", ")).containsExactlyInAnyOrderElementsOf(inGoldens);
  }

  /** A {@code type_vocab_size} of 1, or none, and a tokenizer that tells second texts apart. */
  @ParameterizedTest
  @ValueSource(strings = {"roberta", "xlm-roberta", "camembert", "distilbert", "mpnet"})
  void tokenTypesThatTheEncoderHasNotAreDropped(String family) throws IOException {
    List<int[]> rows = List.of(new int[] {5, 9, 6, 8}, new int[] {5, 9, 7});
    try (SequenceClassifier model = TestGoldens.of(family).model();
        PointerScope scope = new PointerScope()) {
      int padding = model.padTokenId();
      Batch pairs = Batch.of(rows, new int[] {2, 1}, new int[][] {{0}, {1}}, padding);
      Batch singles = Batch.of(rows, new int[][] {{0}, {1}}, padding);
      assertThat(pairs.tokenTypeIds()).isNotNull();
      assertThat(model.logits(pairs)).isDeepEqualTo(model.logits(singles));
      assertThat(model.loss(ForwardPass.inference(), pairs).item_float())
          .isEqualTo(model.loss(ForwardPass.inference(), singles).item_float());
    }
  }

  @ParameterizedTest
  @CsvSource({"bert, 0", "roberta, 1", "camembert, 1", "mpnet, 1", "modernbert, 50283"})
  void paddingWithoutPadTokenIdIsTransformersDefault(String type, int expected) {
    ModelConfig config = ModelConfig.parse("{\"model_type\": \"" + type + "\"}");
    assertThat(config.padTokenId()).isEqualTo(expected);
    ModelConfig set = ModelConfig.parse("{\"model_type\": \"" + type + "\", \"pad_token_id\": 3}");
    assertThat(set.padTokenId()).isEqualTo(3);
  }
}
