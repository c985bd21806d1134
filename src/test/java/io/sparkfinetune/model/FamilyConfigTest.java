package io.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.TestGoldens;
import io.sparkfinetune.UserException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Configurations that a family has no encoder for. */
class FamilyConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void modernBertRefusesScaledRotation() throws IOException {
    ObjectNode config = config("modernbert");
    config.putObject("rope_scaling").put("rope_type", "linear").put("factor", 2);
    assertRefused(
        config,
        "config.json: rope_scaling is not supported: expected global_rope_theta and"
            + " local_rope_theta, as transformers 4 writes them");
  }

  @Test
  void modernBertRefusesHeadsThatHaveNoHalves() throws IOException {
    assertRefused(
        config("modernbert").put("hidden_size", 27),
        "config.json: attention heads of size 9 cannot be rotated: expected hidden_size /"
            + " num_attention_heads to be even");
  }

  @Test
  void debertaRefusesAConvolutionThatWouldShortenTheText() throws IOException {
    assertRefused(
        config("deberta-v2").put("conv_kernel_size", 4),
        "config.json: conv_kernel_size=4 is not allowed: expected an odd number");
  }

  @Test
  void debertaRefusesGroupsThatDoNotDivideTheConvolution() throws IOException {
    assertRefused(
        config("deberta-v2").put("conv_groups", 0),
        "config.json: conv_groups=0 is not allowed: expected a whole number >= 1");
    ObjectNode config = config("deberta-v2");
    int hidden = config.get("hidden_size").intValue();
    assertRefused(
        config.put("conv_groups", hidden + 1),
        "config.json: conv_groups=%d is not allowed: expected a divisor of hidden_size=%d"
            .formatted(hidden + 1, hidden));
  }

  @Test
  void albertRefusesToHaveNoGroups() throws IOException {
    assertRefused(
        config("albert").put("num_hidden_groups", 0),
        "config.json: num_hidden_groups=0 is not allowed: expected a whole number >= 1");
  }

  private static ObjectNode config(String golden) throws IOException {
    return (ObjectNode)
        JSON.readTree(TestGoldens.of(golden).folder().resolve("config.json").toFile());
  }

  private static void assertRefused(ObjectNode config, String message) {
    ModelConfig parsed = ModelConfig.parse(config.toString());
    assertThatThrownBy(() -> SequenceClassifier.fromScratch(parsed, 1))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }
}
