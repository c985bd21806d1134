package io.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.johnsnowlabs.nlp.Annotation;
import io.sparkfinetune.TestGoldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each family, from a Hugging Face folder through a fit on Spark to a saved pipeline and back. */
class FamiliesOnSparkTest {
  private static final List<String> INTENTS = List.of("transfer", "card", "loan");

  static Stream<String> families() throws IOException {
    return TestGoldens.families();
  }

  @ParameterizedTest
  @MethodSource("families")
  void aFittedPipelineReloadsToIdenticalPredictions(String family, @TempDir Path temp)
      throws IOException {
    TransformerClassifierApproach approach = new TransformerClassifierApproach();
    approach
        .setInputCols(new String[] {"document"})
        .setLabelColumn("intent")
        .setBase(base(family, temp).toString())
        .setNumTrainEpochs(2)
        .setPerDeviceTrainBatchSize(4)
        .setLearningRate(1e-3)
        .setMaxLength(16)
        .setOutputCol("category");
    PipelineModel fitted =
        new Pipeline()
            .setStages(new PipelineStage[] {Fixtures.documents(), approach})
            .fit(messages(12));
    fitted.save(temp.resolve("model").toString());

    PipelineModel loaded = PipelineModel.load(temp.resolve("model").toString());

    List<List<Annotation>> predictions =
        Fixtures.annotations(loaded.transform(messages(6)), "category");
    assertThat(predictions)
        .hasSize(6)
        .allSatisfy(row -> assertThat(row.get(0).result()).isIn(INTENTS))
        .isEqualTo(Fixtures.annotations(fitted.transform(messages(6)), "category"));
  }

  /** The golden checkpoint with a tokenizer whose ids it has vectors for. */
  private static Path base(String family, Path temp) throws IOException {
    Path golden = TestGoldens.of(family).folder();
    Path base = Files.createDirectory(temp.resolve("base"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(golden.resolve(file), base.resolve(file));
    }
    JsonNode config = new ObjectMapper().readTree(golden.resolve("config.json").toFile());
    int padTokenId = config.path("pad_token_id").asInt();
    List<String> tokens = new ArrayList<>(List.of("[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    tokens.addAll(INTENTS);
    IntStream.rangeClosed('a', 'z').forEach(c -> tokens.add("##" + (char) c));
    IntStream.rangeClosed('a', 'z').forEach(c -> tokens.add("" + (char) c));
    List<String> vocab = tokens.subList(0, Math.min(tokens.size(), 50));
    while (vocab.size() < padTokenId) {
      vocab.add("[unused" + vocab.size() + "]");
    }
    vocab.add(padTokenId, "[PAD]");
    assertThat(vocab).hasSizeLessThanOrEqualTo(config.get("vocab_size").intValue());
    Files.write(base.resolve("vocab.txt"), vocab);
    return base;
  }

  private static Dataset<Row> messages(int rows) {
    List<Row> messages = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      String intent = INTENTS.get(i % INTENTS.size());
      String filler = String.join(" ", Collections.nCopies(1 + i % 4, "a"));
      messages.add(RowFactory.create(filler + " " + intent + " ab" + (char) ('a' + i), intent));
    }
    return Fixtures.rows(
        new StructType().add("text", DataTypes.StringType).add("intent", DataTypes.StringType),
        messages);
  }
}
