package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.adapt.AdaptationConfig;

/** Configurations that a family has no encoder for. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FamilyConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void modernBertRefusesScaledRotation() throws IOException {
    ObjectNode config = config("modernbert");
    config.putObject("rope_scaling").put("rope_type", "linear").put("factor", 2);
    assertRefused(
        config,
        "config.json: rope_scaling={\"rope_type\":\"linear\",\"factor\":2} is not supported: expected"
            + " global_rope_theta, local_rope_theta and global_attn_every_n_layers, as transformers 4"
            + " writes them");
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
        "config.json: conv_groups=0 is not allowed: expected a whole number from 1 to 16777216");
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
        "config.json: num_hidden_groups=0 is not allowed: expected a whole number from 1 to 1000");
  }

  /** What was a default in silence, an endless loop, or an error of libtorch's. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bert | layer_norm_eps | -1 | a number from 0.0 to 1.0",
        "bert | layer_norm_eps | `\"1e-12\"` | a number from 0.0 to 1.0",
        "bert | layer_norm_eps | `\"NaN\"` | a number from 0.0 to 1.0",
        "bert | layer_norm_eps | 1e400 | a number from 0.0 to 1.0",
        "bert | hidden_dropout_prob | [0.1] | a number from 0.0 to 1.0",
        "bert | attention_probs_dropout_prob | 1 | a number >= 0 and < 1",
        "bert | classifier_dropout | true | a number from 0.0 to 1.0",
        "bert | hidden_size | `\"48\"` | a whole number from 1 to 16777216",
        "bert | hidden_size | 48.0 | a whole number from 1 to 16777216",
        "bert | num_hidden_layers | 100000 | a whole number from 1 to 1000",
        "bert | num_hidden_layers | 2147483647 | a whole number from 1 to 1000",
        "bert | num_hidden_layers | 1e9 | a whole number from 1 to 1000",
        "bert | num_hidden_layers | {} | a whole number from 1 to 1000",
        "bert | vocab_size | 2147483647 | a whole number from 1 to 16777216",
        "bert | vocab_size | 99999999999999999999 | a whole number from 1 to 16777216",
        "bert | max_position_embeddings | 2147483647 | a whole number from 1 to 1048576",
        "bert | type_vocab_size | 0 | a whole number from 1 to 16777216",
        "bert | pad_token_id | -1 | a whole number from 0 to 16777216",
        "bert | pad_token_id | `\"0\"` | a whole number from 0 to 16777216",
        "bert | hidden_act | quick_gelu | one of gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish, tanh",
        "bert | hidden_act | 7 | a text in quotes",
        "albert | inner_group_num | 2147483647 | a whole number from 1 to 1000",
        "albert | inner_group_num | 0 | a whole number from 1 to 1000",
        "albert | num_hidden_groups | 1000000000 | a whole number from 1 to 1000",
        "mpnet | relative_attention_num_buckets | 31 | a whole number from 32 to 16777216",
        "deberta-v2 | max_position_embeddings | 2000000000 | a whole number from 1 to 1048576",
        "deberta-v2 | position_buckets | 1.5 | a whole number from -1 to 1048576",
        "deberta-v2 | relative_attention | 1 | true or false",
        "deberta-v2 | pos_att_type | 5 | a list of texts",
        "deberta-v2 | pos_att_type | [1] | a list of texts",
        "deberta-v2 | pooler_hidden_act | sine | one of gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish, tanh",
        "modernbert | global_attn_every_n_layers | 0 | a whole number from 1 to 16777216",
        "modernbert | local_attention | -1 | a whole number from 1 to 16777216",
        "modernbert | global_rope_theta | 0 | a number from 1.0 to 3.4028234663852886E38",
        "modernbert | norm_bias | `\"false\"` | true or false",
        "modernbert | classifier_pooling | last | cls, mean or max",
      })
  void aValueOfAnotherKindOrRangeIsRefusedWithItsKey(
      String golden, String key, String value, String expected) throws IOException {
    ObjectNode config = config(golden);
    JsonNode node = json(value);
    config.set(key, node);
    assertRefused(
        config,
        "config.json: %s=%s is not allowed: expected %s"
            .formatted(key, node.isValueNode() ? node.asText() : node, expected));
  }

  /** By docs/models.md: transformers would compute something else. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bert | is_decoder | true",
        "roberta | is_decoder | true",
        "electra | add_cross_attention | true",
        "xlm-roberta | position_embedding_type | relative_key",
        "albert | position_embedding_type | relative_key_query",
        "distilbert | pruned_heads | {\"0\":[1]}",
        "mpnet | quantization_config | {\"quant_method\":\"bitsandbytes\",\"load_in_8bit\":true}",
        "deberta-v2 | attention_head_size | 5",
        "deberta-v2 | pooler_hidden_size | 4096",
        "modernbert | rope_theta | 500000",
      })
  void whatTransformersComputesOtherwiseIsRefused(String golden, String key, String value)
      throws IOException {
    ObjectNode config = config(golden);
    config.set(key, json(value));
    ModelConfig parsed = ModelConfig.parse(config.toString());
    assertThatThrownBy(() -> SequenceClassifier.fromScratch(parsed, 1))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("config.json: " + key + "=" + value + " is not supported: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "distilbert", "deberta-v2", "modernbert"})
  void whatChangesNothingIsAllowed(String golden) throws IOException {
    ObjectNode config = config(golden).put("chunk_size_feed_forward", 64).put("use_cache", true);
    config.put("output_hidden_states", true).put("is_decoder", false).put("torchscript", true);
    config.putObject("pruned_heads");
    config.putNull("quantization_config");
    SequenceClassifier.onMetaDevice(ModelConfig.parse(config.toString()), AdaptationConfig.NONE)
        .close();
  }

  @Test
  void paddingOutsideTheTablesIsRefused() throws IOException {
    int words = config("bert").get("vocab_size").intValue();
    assertRefused(
        config("bert").put("pad_token_id", words),
        "config.json: pad_token_id=%d is not allowed: the model has vectors for the token ids from 0"
                .formatted(words)
            + " to %d (vocab_size=%d)".formatted(words - 1, words));
    int positions = config("roberta").get("max_position_embeddings").intValue();
    assertRefused(
        config("roberta").put("pad_token_id", positions - 1),
        "config.json: max_position_embeddings=%d is not allowed: positions start behind"
                .formatted(positions)
            + " pad_token_id=%d, and no token has one".formatted(positions - 1));
    assertRefused(
        config("mpnet").put("max_position_embeddings", 2),
        "config.json: max_position_embeddings=2 is not allowed: positions start behind"
            + " pad_token_id=1, and no token has one");
  }

  @Test
  void sizesThatNoMemoryHoldsAreRefusedBeforeAnyIsTaken() throws IOException {
    assertRefused(
        config("bert").put("vocab_size", 1 << 24).put("hidden_size", 48 << 16),
        "config.json describes a model of 52,776,558,133,248 parameters and more. Check the sizes in"
            + " it");
    ObjectNode config = config("bert").put("vocab_size", 1 << 24).put("hidden_size", 48 << 10);
    assertThatThrownBy(
            () -> SequenceClassifier.fromScratch(ModelConfig.parse(config.toString()), 1))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "config.json describes a model of [0-9,]+ parameters, [0-9,]+ MiB in fp32, and this"
                + " machine has [0-9,]+ MiB of memory. Check the sizes in it");
  }

  /** Each number alone is allowed. */
  @Test
  void moreWeightsThanAnyModelHasAreRefused() throws IOException {
    assertRefused(
        config("albert").put("num_hidden_groups", 1000).put("inner_group_num", 1000),
        "config.json describes a model of more than 20000 weights: behind them comes"
            + " albert.encoder.albert_layer_groups.1.albert_layers.249.attention.LayerNorm.bias."
            + " Check the numbers of layers and groups in it");
  }

  /** A word stands for itself. */
  private static JsonNode json(String value) throws IOException {
    return value.matches("[a-z_]+") && !value.equals("true")
        ? TextNode.valueOf(value)
        : JSON.readTree(value);
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
