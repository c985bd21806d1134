package io.sparkfinetune.export.sparknlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.RegexTokenizer;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.CamemBertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.RoBertaForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.XlmRoBertaForSequenceClassification;
import io.sparkfinetune.TestModels;
import io.sparkfinetune.TestSpark;
import io.sparkfinetune.UserException;
import io.sparkfinetune.annotator.TransformerClassifierModel;
import io.sparkfinetune.export.ExportSource;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.Pooling;
import io.sparkfinetune.model.ProblemType;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.Checkpoint;
import io.sparkfinetune.model.io.TrainingRecord;
import io.sparkfinetune.tokenize.Encoding;
import io.sparkfinetune.tokenize.TextTokenizer;
import io.sparkfinetune.tokenize.TokenizerSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Spark NLP's own annotators predict from what was exported. */
class SparkNlpExportTest {
  private static final Path FIXTURES =
      Path.of("src/test/resources/io/sparkfinetune/export/sparknlp");

  /** Words alone, which every tokenizer cuts at the same places. */
  private static final List<String> TEXTS =
      List.of(
          "how do i cancel my order",
          "refund",
          "the parcel never arrived and nobody answers",
          "please change the address of my invoice",
          "where is it",
          "is there a discount for students",
          "my card was charged twice yesterday",
          "hello");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "xlm-roberta", "camembert"})
  void stockAnnotatorPredictsWhatTheModelDoes(String family) throws Exception {
    String tokenizer = tokenizer(family);
    ModelConfig config = config(family, TokenizerSummary.of(tokenizer).vocabSize());
    Path stage = folder.resolve("stage");
    Dataset<Row> texts =
        TestSpark.session().createDataset(agreed(tokenizer), Encoders.STRING()).toDF("text");
    List<String> ours;
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 7)) {
      ExportSource source = new ExportSource(model, tokenizer, TrainingRecord.empty());
      new SparkNlpExport(TestSpark.session())
          .write(source, hadoop(stage), new Configuration(false));
      TransformerClassifierModel own = TransformerClassifierModel.of(model.toFiles(tokenizer));
      own.setInputCols(new String[] {"document"}).setOutputCol("category");
      ours = predictions(texts, documents(), own);
    }

    List<String> theirs = predictions(texts, documents(), tokens(family), load(family, stage));

    assertThat(theirs).isEqualTo(ours);
    assertThat(ours.stream().distinct().count())
        .as("labels that can be got wrong")
        .isGreaterThan(1);
  }

  @Test
  void settingsComeFromTheModel() throws Exception {
    Path stage = folder.resolve("stage");
    try (SequenceClassifier model =
        SequenceClassifier.fromScratch(TestModels.tinyConfig(30522, 3), 7)) {
      TrainingRecord training =
          new TrainingRecord("", "", Map.of("model.max_length", 40), Map.of(), Map.of(), Map.of());
      new SparkNlpExport(TestSpark.session())
          .write(
              new ExportSource(model, tokenizer("bert"), training),
              hadoop(stage),
              new Configuration(false));
    }

    BertForSequenceClassification loaded =
        (BertForSequenceClassification) BertForSequenceClassification.load(stage.toString());

    assertThat(loaded.getMaxSentenceLength()).isEqualTo(40);
    assertThat(loaded.getCaseSensitive()).isEqualTo(false);
    assertThat(loaded.getInputCols()).containsExactly("document", "token");
    assertThat(loaded.getClasses()).containsExactlyInAnyOrder("label0", "label1", "label2");
  }

  @Test
  void refusesFamiliesThatSparkNlpCannotRun() {
    assertThatThrownBy(() -> StockAnnotator.of("modernbert"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "cannot express a modernbert classifier in Spark NLP 5.5.3: it has no sequence"
                + " classifier of this family. It can for bert, electra, distilbert");
    assertThatThrownBy(() -> StockAnnotator.of("deberta-v2"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("adds 1 to the id of each token");
  }

  @Test
  void refusesALabelOfTwoLines() {
    ModelConfig config = TestModels.tinyConfig(30522, List.of("one", "tw\no"), 0);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 7)) {
      ExportSource source = new ExportSource(model, tokenizer("bert"), TrainingRecord.empty());
      assertThatThrownBy(
              () ->
                  new SparkNlpExport(TestSpark.session())
                      .write(source, hadoop(folder), new Configuration(false)))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "format=sparknlp: the label 'tw\\no' is not one line, and Spark NLP imports labels a"
                  + " line each");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Spark NLP drops the piece that is a lone space, Hugging Face keeps it. */
  private static List<String> agreed(String tokenizer) {
    JsonNode vocab = Vocabulary.parse(tokenizer).path("model").path("vocab");
    int space =
        IntStream.range(0, vocab.isArray() ? vocab.size() : 0)
            .filter(id -> vocab.get(id).get(0).asText().equals("\u2581"))
            .findFirst()
            .orElse(-1);
    try (TextTokenizer encoder = TextTokenizer.of(tokenizer, 128)) {
      List<Encoding> encodings = encoder.encode(TEXTS);
      return IntStream.range(0, TEXTS.size())
          .filter(i -> Arrays.stream(encodings.get(i).inputIds()).noneMatch(id -> id == space))
          .mapToObj(TEXTS::get)
          .toList();
    }
  }

  private static String tokenizer(String family) throws IOException {
    return switch (family) {
      case "bert" -> Checkpoint.open("minilm-l6", new Configuration(false)).tokenizer();
      case "roberta" -> Files.readString(FIXTURES.resolve("bpe.json"));
      default -> Files.readString(FIXTURES.resolve(family + ".json"));
    };
  }

  private static ModelConfig config(String family, int vocabulary) {
    List<String> labels = IntStream.range(0, 6).mapToObj(i -> "label" + i).toList();
    String json =
        """
        {"model_type": "%s", "vocab_size": %d, "hidden_size": 12, "num_hidden_layers": 2,
         "num_attention_heads": 3, "intermediate_size": 20, "max_position_embeddings": 130,
         "type_vocab_size": %d, "pad_token_id": %d, "initializer_range": 1.0}
        """
            .formatted(
                family, vocabulary, family.equals("bert") ? 2 : 1, family.equals("bert") ? 0 : 1);
    return ModelConfig.parse(json)
        .withHead(labels, Pooling.CLS, ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private static DocumentAssembler documents() {
    DocumentAssembler assembler = new DocumentAssembler().setInputCol("text");
    assembler.setOutputCol("document");
    return assembler;
  }

  /** Words; RoBERTa's keep the space before them. */
  private static RegexTokenizer tokens(String family) {
    RegexTokenizer tokens = new RegexTokenizer();
    tokens.setInputCols(new String[] {"document"});
    tokens.setOutputCol("token");
    tokens.setPattern(family.equals("roberta") ? "(?=\\s)" : "\\s+");
    return tokens;
  }

  private static PipelineStage load(String family, Path stage) {
    String path = stage.toString();
    Object loaded =
        switch (family) {
          case "bert" -> BertForSequenceClassification.load(path);
          case "roberta" -> RoBertaForSequenceClassification.load(path);
          case "xlm-roberta" -> XlmRoBertaForSequenceClassification.load(path);
          default -> CamemBertForSequenceClassification.load(path);
        };
    return (PipelineStage) loaded;
  }

  private static List<String> predictions(Dataset<Row> texts, PipelineStage... stages) {
    return new Pipeline()
            .setStages(stages)
            .fit(texts)
            .transform(texts)
            .selectExpr("category.result[0]")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .toList();
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toString());
  }
}
