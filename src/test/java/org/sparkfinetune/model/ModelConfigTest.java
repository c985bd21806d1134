package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.SafetensorsReader;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.tokenize.Batch;

/** Labels, and numbers that the weights beside do not bear out. */
class ModelConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'id2label':{'0':'neg','1':'pos','2':'neg'}} | id2label has the name 'neg' twice, at id 0 and 2. Rename one of them",
        "{'id2label':{'0':'x','1':'x'},'label2id':{'x':1}} | id2label has the name 'x' twice, at id 0 and 1. Rename one of them",
        "{'id2label':{'0':1,'1':'1'}} | id2label has the name '1' twice, at id 0 and 1. Rename one of them",
        "{'id2label':{'0':'neg','1':['pos']}} | id2label has no name at id 1: expected a text in quotes",
        "{'id2label':{'0':null}} | id2label has no name at id 0: expected a text in quotes",
        "{'id2label':{'0':'neg','2':'pos'}} | id2label has 2 labels, but none of id 1",
        "{'id2label':['neg','pos']} | id2label=[`neg`,`pos`] is not allowed: expected an object with a label's name for each id",
        "{'id2label':{'0':'neg','1':'pos'},'num_labels':2147483647} | num_labels and id2label contradict each other: one is 2147483647, the other has 2 labels. Correct the wrong one",
        "{'id2label':{'0':'neg','1':'pos'},'label2id':{'neg':1,'pos':0}} | id2label and label2id contradict each other: 'neg' is 0 in one and 1 in the other. Correct the wrong one",
      })
  void labelsThatAreNotOneToOneAreRefused(String json, String message) {
    ModelConfig config = ModelConfig.parse(json.replace('\'', '"'));
    assertThatThrownBy(config::labels)
        .isInstanceOf(UserException.class)
        .hasMessage("config.json: " + message.replace('`', '"'));
  }

  /** Of names that a hub's page shows, the other map often was not changed along. */
  @Test
  void aLabel2idOfOtherNamesIsNotConsulted() {
    assertThat(
            ModelConfig.parse(
                    "{\"id2label\":{\"0\":\"neg\",\"1\":\"pos\"},"
                        + "\"label2id\":{\"LABEL_0\":0,\"LABEL_1\":1}}")
                .labels())
        .containsExactly("neg", "pos");
  }

  @ParameterizedTest
  @CsvSource({"2147483647", "-1", "0", "131073"})
  void labelsWithoutNamesAreAsManyAsAModelMayHave(int labels) {
    ModelConfig config =
        ModelConfig.parse(
            "{\"model_type\":\"bert\",\"vocab_size\":9,\"max_position_embeddings\":9,\"architectures\":[\"BertForSequenceClassification\"],"
                + "\"num_labels\":"
                + labels
                + "}");
    assertThatThrownBy(() -> config.completed("ck"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "config.json: num_labels=%d is not allowed: expected a whole number from 1 to 131072"
                .formatted(labels));
  }

  /** Each is refused by the weights' header, in no time and before memory is taken. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bert | num_hidden_layers | 1000 | weights that the model needs are missing",
        "bert | vocab_size | 16777216 | the model's configuration says [16777216, ",
        "bert | hidden_size | 60000 | the model's configuration says [",
        "bert | intermediate_size | 16777216 | the model's configuration says [16777216, ",
        "bert | max_position_embeddings | 1048576 | the model's configuration says [1048576, ",
        "bert | type_vocab_size | 16777216 | the model's configuration says [16777216, ",
        "albert | inner_group_num | 300 | weights that the model needs are missing",
        "modernbert | num_hidden_layers | 999 | weights that the model needs are missing",
        "deberta-v2 | max_relative_positions | 1048576 | ",
      })
  void numbersAreComparedWithTheWeights(String golden, String key, int value, String message)
      throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ObjectNode json = config(golden);
    ModelConfig config = ModelConfig.parse(json.put(key, value).toString());
    long time = threads.getCurrentThreadCpuTime();
    try (TensorSource weights = weights(golden)) {
      if (message == null) {
        SequenceClassifier.load(config, weights).close();
      } else {
        assertThatThrownBy(() -> SequenceClassifier.load(config, weights))
            .isInstanceOf(UserException.class)
            .hasMessageContaining(message);
        assertThatThrownBy(() -> SequenceClassifier.fromPretrained(config, weights, 1))
            .isInstanceOf(UserException.class)
            .hasMessageContaining(message);
      }
    }
    assertThat((threads.getCurrentThreadCpuTime() - time) / 1e9).isLessThan(2);
  }

  @Test
  void aTokenIdOutsideTheTableIsRefused() throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model()) {
      int words = model.vocabulary();
      for (int id : new int[] {words, -1, Integer.MAX_VALUE}) {
        Batch batch = Batch.of(List.of(new int[] {1, id, 2}), new int[][] {{0}}, 0);
        assertThatThrownBy(() -> model.logits(batch))
            .isInstanceOf(UserException.class)
            .hasMessage(
                "the tokenizer gave the token id %d, and the model has vectors for those from 0 to %d"
                        .formatted(id, words - 1)
                    + " (config.json: vocab_size). Check that they belong together");
      }
    }
  }

  private static ObjectNode config(String golden) throws IOException {
    return (ObjectNode)
        JSON.readTree(TestGoldens.of(golden).folder().resolve("config.json").toFile());
  }

  private static TensorSource weights(String golden) throws IOException {
    return SafetensorsReader.open(
        new Path(TestGoldens.of(golden).folder().resolve("model.safetensors").toUri()),
        new Configuration(false));
  }
}
