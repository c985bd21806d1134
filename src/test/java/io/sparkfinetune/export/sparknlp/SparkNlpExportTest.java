package io.sparkfinetune.export.sparknlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.RegexTokenizer;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector;
import io.sparkfinetune.TestModels;
import io.sparkfinetune.TestSpark;
import io.sparkfinetune.UserException;
import io.sparkfinetune.annotator.TransformerClassifierModel;
import io.sparkfinetune.export.ExportSource;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.Pooling;
import io.sparkfinetune.model.ProblemType;
import io.sparkfinetune.model.SequenceClassifier;
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
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import scala.collection.JavaConverters;

/** What Spark NLP's own annotators predict from what was exported. */
class SparkNlpExportTest {
  private static final Path FIXTURES =
      Path.of("src/test/resources/io/sparkfinetune/export/sparknlp");

  private static final double THRESHOLD = 0.3;

  /** Words alone, which every tokenizer cuts at the same places. */
  private static final List<String> TEXTS =
      List.of(
          "how do i cancel my order",
          "refund",
          "the parcel never arrived and nobody answers",
          "please change the address of my invoice",
          "where is it",
          "is there a discount for students",
          "my card was charged twice yesterday and nobody at the bank can tell me by whom it was",
          "hello",
          "the answer that i have got from the shop is not an answer",
          "to the bank",
          "cancel all",
          "what do they want from me now that the order is paid and sent");

  /** Pieces that no vocabulary here has; WordPiece would cut before and after them. */
  private static final List<String> UNKNOWN = List.of("the order\u6f22 is paid", "cancel\u6f22");

  @TempDir Path folder;

  static List<Arguments> familiesAndTasks() {
    return Stream.of(
            "bert",
            "electra",
            "distilbert",
            "mpnet",
            "roberta",
            "xlm-roberta",
            "camembert",
            "albert",
            "deberta-v2")
        .flatMap(
            family -> Arrays.stream(ProblemType.values()).map(task -> Arguments.of(family, task)))
        .toList();
  }

  /** What a row of sentences was given: a sentence's number and label, and its probabilities. */
  private record Predicted(List<String> labels, Map<String, Double> probabilities) {}

  @ParameterizedTest
  @MethodSource("familiesAndTasks")
  void stockAnnotatorPredictsWhatTheModelDoes(String family, ProblemType task) throws Exception {
    String tokenizer = tokenizer(family);
    Path stage = folder.resolve("stage");
    List<String> agreed = agreed(tokenizer);
    // Rows of several sentences, so that batches are padded, and rows of one.
    Dataset<Row> texts =
        TestSpark.session()
            .createDataset(
                List.of(
                    String.join("\n", agreed.subList(0, 6)),
                    agreed.get(6),
                    String.join("\n", agreed.subList(7, agreed.size()))),
                Encoders.STRING())
            .toDF("text")
            .coalesce(1);
    Predicted ours;
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config(family, task), 7)) {
      export(model, tokenizer, stage);
      TransformerClassifierModel own = TransformerClassifierModel.of(model.toFiles(tokenizer));
      own.setInputCols(new String[] {"document"}).setOutputCol("category");
      ours = predictions(texts, own);
    }

    Predicted theirs = predictions(texts, tokens(family), load(stage));

    assertThat(theirs.labels()).isEqualTo(ours.labels());
    assertThat(theirs.probabilities()).hasSameSizeAs(ours.probabilities());
    ours.probabilities()
        .forEach(
            (label, probability) ->
                assertThat(theirs.probabilities().get(label))
                    .as(label)
                    .isCloseTo(probability, within(1e-4)));
    assertThat(ours.labels().stream().map(label -> label.split(" ")[1]).distinct().count())
        .as("labels that can be got wrong: %s", ours.labels())
        .isGreaterThan(2);
  }

  @Test
  void settingsComeFromTheModel() throws Exception {
    Path stage = folder.resolve("stage");
    ModelConfig config = config("bert", ProblemType.MULTI_LABEL_CLASSIFICATION).withThreshold(0.25);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 7)) {
      TrainingRecord training =
          new TrainingRecord("", "", Map.of("model.max_length", 40), Map.of(), Map.of(), Map.of());
      ExportSource source = new ExportSource(model, tokenizer("bert"), training);
      SparkNlpExport export = new SparkNlpExport(TestSpark.session());
      export.write(source, hadoop(stage), new Configuration(false));

      assertThat(export.tryCommand(source, "exports/intents"))
          .contains("import BertForSequenceClassification as C")
          .contains("C.load('exports/intents')");
    }

    BertForSequenceClassification loaded =
        (BertForSequenceClassification) BertForSequenceClassification.load(stage.toString());

    assertThat(loaded.getMaxSentenceLength()).isEqualTo(40);
    assertThat(loaded.getCaseSensitive()).isEqualTo(false);
    assertThat(loaded.getInputCols()).containsExactly("document", "token");
    assertThat(loaded.getClasses())
        .containsExactlyInAnyOrder("label0", "label1", "label2", "label3", "label4", "label5");
    assertThat(loaded.getOrDefault(loaded.getParam("activation"))).isEqualTo("sigmoid");
    assertThat(loaded.getOrDefault(loaded.getParam("threshold"))).isEqualTo(0.25f);
    try (Stream<Path> files = Files.walk(stage)) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .noneMatch(file -> file.toString().endsWith(".crc"));
    }
  }

  @Test
  void aSingleLabelModelThatMindsCaseKeepsTheDefaults() throws Exception {
    Path stage = folder.resolve("stage");
    ModelConfig config = config("roberta", ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 7)) {
      export(model, tokenizer("roberta"), stage);
    }

    PipelineStage loaded = load(stage);

    assertThat(loaded.getOrDefault(loaded.getParam("caseSensitive"))).isEqualTo(true);
    assertThat(loaded.getOrDefault(loaded.getParam("activation"))).isEqualTo("softmax");
    assertThat(loaded.getOrDefault(loaded.getParam("maxSentenceLength"))).isEqualTo(128);
  }

  @Test
  void refusesFamiliesThatSparkNlpCannotRun() {
    assertThatThrownBy(() -> StockAnnotator.of("modernbert"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "cannot express a modernbert classifier in Spark NLP 5.5.3: it has no sequence"
                + " classifier of this family. It can for bert, electra, distilbert");
  }

  @Test
  void refusesATokenizerWhoseSpecialTokensTheAnnotatorWouldConfuse() throws Exception {
    String swapped =
        tokenizer("deberta-v2")
            .replace("{\"id\":1,\"content\":\"[CLS]\"", "{\"id\":9,\"content\":\"[CLS]\"");
    assertThatThrownBy(() -> StockAnnotator.DEBERTA.feed(Vocabulary.parse(swapped)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "format=sparknlp: the tokenizer's [CLS] has id 9, which Spark NLP's"
                + " DeBertaForSequenceClassification gives to a piece of text too");
    String none = tokenizer("bert").replace("[SEP]", "[END]");
    assertThatThrownBy(() -> StockAnnotator.BERT.feed(Vocabulary.parse(none)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "format=sparknlp: the tokenizer has no special token [SEP], which Spark NLP's annotator"
                + " of this family puts around each text");
  }

  @Test
  void refusesALabelOfTwoLines() throws Exception {
    ModelConfig config = TestModels.tinyConfig(400, List.of("one", "tw\no"), 0);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 7)) {
      assertThatThrownBy(() -> export(model, tokenizer("bert"), folder))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "format=sparknlp: the label 'tw\\no' is not one line, and Spark NLP imports labels a"
                  + " line each");
    }
  }

  private static void export(SequenceClassifier model, String tokenizer, Path stage)
      throws IOException {
    ExportSource source = new ExportSource(model, tokenizer, TrainingRecord.empty());
    new SparkNlpExport(TestSpark.session()).write(source, hadoop(stage), new Configuration(false));
  }

  /** Spark NLP drops the piece that is a lone space, Hugging Face keeps it. */
  private static List<String> agreed(String tokenizer) {
    JsonNode model = Vocabulary.parse(tokenizer).path("model");
    if (!model.path("type").asText().equals("Unigram")) {
      return TEXTS;
    }
    JsonNode vocab = model.path("vocab");
    int space =
        IntStream.range(0, vocab.size())
            .filter(id -> vocab.get(id).get(0).asText().equals("\u2581"))
            .findFirst()
            .orElseThrow();
    List<String> texts = Stream.concat(UNKNOWN.stream(), TEXTS.stream()).toList();
    try (TextTokenizer encoder = TextTokenizer.of(tokenizer, 128)) {
      List<Encoding> encodings = encoder.encode(texts);
      return IntStream.range(0, texts.size())
          .filter(i -> Arrays.stream(encodings.get(i).inputIds()).noneMatch(id -> id == space))
          .mapToObj(texts::get)
          .toList();
    }
  }

  private static String tokenizer(String family) throws IOException {
    String file =
        switch (family) {
          case "bert", "electra", "distilbert" -> "wordpiece";
          case "roberta" -> "bpe";
          default -> family;
        };
    return Files.readString(FIXTURES.resolve(file + ".json"));
  }

  /** A tiny model of large random weights, whose labels vary. */
  private static ModelConfig config(String family, ProblemType task) throws IOException {
    TokenizerSummary tokenizer = TokenizerSummary.of(tokenizer(family));
    int padding =
        Stream.of("[PAD]", "<pad>")
            .filter(tokenizer.specialTokens()::containsKey)
            .map(tokenizer.specialTokens()::get)
            .findFirst()
            .orElseThrow();
    String sizes =
        family.equals("distilbert")
            ? "\"dim\": 12, \"n_layers\": 2, \"n_heads\": 3, \"hidden_dim\": 20"
            : "\"hidden_size\": 12, \"num_hidden_layers\": 2, \"num_attention_heads\": 3,"
                + " \"intermediate_size\": 20, \"embedding_size\": "
                + (family.equals("deberta-v2") ? 12 : 8);
    String relative =
        family.equals("deberta-v2")
            ? ", \"relative_attention\": true, \"pos_att_type\": [\"p2c\", \"c2p\"],"
                + " \"position_biased_input\": false, \"max_relative_positions\": -1"
            : "";
    String json =
        """
        {"model_type": "%s", "vocab_size": %d, %s, "max_position_embeddings": 130,
         "type_vocab_size": 2, "pad_token_id": %d, "initializer_range": 1.0%s}
        """
            .formatted(family, tokenizer.vocabSize(), sizes, padding, relative);
    List<String> labels = IntStream.range(0, 6).mapToObj(i -> "label" + i).toList();
    ModelConfig config = ModelConfig.parse(json).withHead(labels, Pooling.CLS, task);
    return task.isMultiLabel() ? config.withThreshold(THRESHOLD) : config;
  }

  /** Words; RoBERTa's keep the space before them. */
  private static RegexTokenizer tokens(String family) {
    RegexTokenizer tokens = new RegexTokenizer();
    tokens.setInputCols(new String[] {"document"});
    tokens.setOutputCol("token");
    tokens.setPattern(family.equals("roberta") ? "(?=\\s)" : "\\s+");
    return tokens;
  }

  private static PipelineStage load(Path stage) {
    return (PipelineStage)
        DefaultParamsReader.loadParamsInstance(
            stage.toString(), TestSpark.session().sparkContext());
  }

  /** Each line of a text is a sentence, in the column that the exported stage reads. */
  private static Predicted predictions(Dataset<Row> texts, PipelineStage... stages) {
    DocumentAssembler assembler = new DocumentAssembler().setInputCol("text");
    assembler.setOutputCol("text_document");
    SentenceDetector lines = new SentenceDetector();
    lines.setCustomBounds(new String[] {"\n"});
    lines.setUseCustomBoundsOnly(true);
    lines.setInputCols(new String[] {"text_document"});
    lines.setOutputCol("document");
    PipelineStage[] all =
        Stream.concat(Stream.of(assembler, lines), Arrays.stream(stages))
            .toArray(PipelineStage[]::new);
    List<Row> annotations =
        new Pipeline()
            .setStages(all)
            .fit(texts)
            .transform(texts)
            .selectExpr("monotonically_increasing_id() AS row", "explode(category) AS category")
            .selectExpr("row", "category.begin", "category.result", "category.metadata")
            .collectAsList();
    Map<String, Double> probabilities = new TreeMap<>();
    for (Row annotation : annotations) {
      String place = annotation.get(0) + ":" + annotation.get(1) + " ";
      JavaConverters.mapAsJavaMap(annotation.<scala.collection.Map<String, String>>getAs(3))
          .forEach(
              (key, value) -> {
                if (key.startsWith("label")) {
                  probabilities.put(place + key, Double.parseDouble(value));
                }
              });
    }
    return new Predicted(
        annotations.stream().map(row -> row.get(0) + ":" + row.get(1) + " " + row.get(2)).toList(),
        probabilities);
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toString());
  }
}
