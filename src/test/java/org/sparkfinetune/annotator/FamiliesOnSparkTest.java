package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.io.PretrainedModel;

/** Each family, from a Hugging Face folder through a fit on Spark to a saved pipeline and back. */
@Tag("slow")
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

  /** Families that differ: position offsets and no token types; relative positions; windows. */
  @ParameterizedTest
  @ValueSource(strings = {"roberta", "deberta-v3", "modernbert"})
  void setsOfLabelsOfPairsReloadToIdenticalPredictions(String family, @TempDir Path temp)
      throws IOException {
    TransformerClassifierApproach approach = new TransformerClassifierApproach();
    approach
        .setInputCols(new String[] {"document", "document_pair"})
        .setLabelColumn("intents")
        .setProblemType("multi_label_classification")
        .setBase(withoutTokenTypes(base(family, temp)).toString())
        .setNumTrainEpochs(2)
        .setPerDeviceTrainBatchSize(4)
        .setLearningRate(1e-3)
        .setMaxLength(16)
        .setOutputCol("category");
    DocumentAssembler answers = new DocumentAssembler().setInputCol("answer");
    answers.setOutputCol("document_pair");
    Dataset<Row> pairs =
        messages(12)
            .withColumn("answer", concat(col("intent"), lit(" b")))
            .withColumn("intents", array(col("intent"), lit("any")));
    PipelineModel fitted =
        new Pipeline()
            .setStages(new PipelineStage[] {Fixtures.documents(), answers, approach})
            .fit(pairs);
    // A document without a label is annotated too, for its probabilities.
    ((TransformerClassifierModel) fitted.stages()[2]).setAnnotateUnlabeled(true);
    fitted.save(temp.resolve("model").toString());

    PipelineModel loaded = PipelineModel.load(temp.resolve("model").toString());

    List<List<Annotation>> predictions = Fixtures.annotations(loaded.transform(pairs), "category");
    assertThat(predictions)
        .hasSize(12)
        .allSatisfy(row -> assertThat(row).isNotEmpty())
        .isEqualTo(Fixtures.annotations(fitted.transform(pairs), "category"));
    Dataset<Row> others = pairs.withColumn("answer", lit("c c c"));
    assertThat(Fixtures.annotations(loaded.transform(others), "category"))
        .as("with another second text")
        .isNotEqualTo(predictions);
  }

  /** The golden pretrained model with a tokenizer whose ids it has vectors for. */
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
    // Of most families it would not be read without.
    Files.writeString(
        base.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BertTokenizer\"}");
    return base;
  }

  /** Tokenizers of families without token types say 0 for both texts of a pair; BERT's 1. */
  private static Path withoutTokenTypes(Path base) throws IOException {
    String bert = PretrainedModel.open(base.toString(), new Configuration(false)).tokenizer();
    Files.writeString(
        base.resolve("tokenizer.json"), bert.replaceAll("\"type_id\"\\s*:\\s*1", "\"type_id\": 0"));
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
