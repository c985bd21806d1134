package org.sparkfinetune.export.sparknlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.RegexTokenizer;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.export.ExportSource;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;
import org.sparkfinetune.tokenize.TokenizerSummary;

/** What Spark NLP's own annotators predict from what was exported. */
@Tag("slow")
class SparkNlpExportTest {
  private static final Path FIXTURES =
      Path.of("src/test/resources/org/sparkfinetune/export/sparknlp");

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

  /**
   * What a classifier wrote, place by place.
   *
   * @param labels each annotation's row, begin and label
   * @param probabilities that of each of the sentence's labels
   */
  private record Predicted(List<String> labels, Map<String, Double> probabilities) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "electra",
        "distilbert",
        "mpnet",
        "roberta",
        "xlm-roberta",
        "camembert",
        "albert",
        "deberta-v2"
      })
  void stockAnnotatorPredictsWhatTheModelDoes(String family) throws Exception {
    String tokenizer = tokenizer(family);
    List<PipelineStage> stages = new ArrayList<>(sentencesAndWords(family));
    for (ProblemType task : ProblemType.values()) {
      Path stage = folder.resolve(task.spelling());
      try (SequenceClassifier model = SequenceClassifier.fromScratch(config(family, task), 7)) {
        export(model, tokenizer, stage);
        TransformerClassifierModel own = TransformerClassifierModel.of(model.toFiles(tokenizer));
        own.setInputCols(new String[] {"document"}).setOutputCol("ours_" + task.spelling());
        // As the exported model computes.
        own.setPrecision("fp32");
        stages.add(own);
      }
      PipelineStage stock = load(stage);
      stock.set(stock.getParam("outputCol"), "stock_" + task.spelling());
      stages.add(stock);
    }

    List<Row> rows = transform(texts(agreed(tokenizer)), stages);

    for (ProblemType task : ProblemType.values()) {
      Predicted ours = predicted(rows, "ours_" + task.spelling());
      Predicted stock = predicted(rows, "stock_" + task.spelling());
      assertThat(stock.labels()).as(task.spelling()).isEqualTo(ours.labels());
      assertThat(stock.probabilities()).hasSameSizeAs(ours.probabilities());
      ours.probabilities()
          .forEach(
              (label, probability) ->
                  assertThat(stock.probabilities().get(label))
                      .as(label)
                      .isCloseTo(probability, within(1e-4)));
      assertThat(ours.labels().stream().map(label -> label.split(" ")[1]).distinct().count())
          .as("labels that can be got wrong: %s", ours.labels())
          .isGreaterThan(1);
    }
  }

  @Test
  void settingsComeFromTheModel() throws Exception {
    Path stage = folder.resolve("stage");
    ModelConfig config = config("bert", ProblemType.MULTI_LABEL_CLASSIFICATION).withThreshold(0.25);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 7)) {
      ModelProvenance training =
          new ModelProvenance("", "", Map.of("model.max_length", 40), Map.of(), Map.of(), Map.of());
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
    ExportSource source = new ExportSource(model, tokenizer, ModelProvenance.empty());
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
            .orElse(-1);
    List<String> texts = Stream.concat(UNKNOWN.stream(), TEXTS.stream()).toList();
    try (TextTokenizer encoder = TextTokenizer.of(tokenizer, 128)) {
      List<Encoding> encodings = encoder.encode(texts);
      List<String> agreed =
          IntStream.range(0, texts.size())
              .filter(i -> Arrays.stream(encodings.get(i).inputIds()).noneMatch(id -> id == space))
              .mapToObj(texts::get)
              .toList();
      assertThat(agreed).containsAnyElementsOf(UNKNOWN);
      return agreed;
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
    int padding = List.of("mpnet", "roberta", "xlm-roberta", "camembert").contains(family) ? 1 : 0;
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
    return task.task().hasThreshold() ? config.withThreshold(THRESHOLD) : config;
  }

  /** Rows of several sentences, a line each, so that batches are padded; and a row of one. */
  private static Dataset<Row> texts(List<String> sentences) {
    List<String> rows =
        List.of(
            String.join("\n", sentences.subList(0, 6)),
            sentences.get(6),
            String.join("\n", sentences.subList(7, sentences.size())));
    return TestSpark.session().createDataset(rows, Encoders.STRING()).toDF("text").coalesce(1);
  }

  /** Cuts at spaces; RoBERTa's words keep the space before them. */
  private static List<PipelineStage> sentencesAndWords(String family) {
    DocumentAssembler assembler = new DocumentAssembler().setInputCol("text");
    assembler.setOutputCol("text_document");
    SentenceDetector lines = new SentenceDetector();
    lines.setCustomBounds(new String[] {"\n"});
    lines.setUseCustomBoundsOnly(true);
    lines.setInputCols(new String[] {"text_document"});
    lines.setOutputCol("document");
    RegexTokenizer words = new RegexTokenizer();
    words.setInputCols(new String[] {"document"});
    words.setOutputCol("token");
    words.setPattern(family.equals("roberta") ? "(?=\\s)" : "\\s+");
    return List.of(assembler, lines, words);
  }

  private static PipelineStage load(Path stage) {
    return (PipelineStage)
        DefaultParamsReader.loadParamsInstance(
            stage.toString(), TestSpark.session().sparkContext());
  }

  private static List<Row> transform(Dataset<Row> texts, List<PipelineStage> stages) {
    return new Pipeline()
        .setStages(stages.toArray(PipelineStage[]::new))
        .fit(texts)
        .transform(texts)
        .collectAsList();
  }

  private static Predicted predicted(List<Row> rows, String column) {
    List<String> labels = new ArrayList<>();
    Map<String, Double> probabilities = new TreeMap<>();
    for (int row = 0; row < rows.size(); row++) {
      for (Row category : rows.get(row).<Row>getList(rows.get(row).fieldIndex(column))) {
        String place = row + ":" + category.getAs("begin") + " ";
        labels.add(place + category.getAs("result"));
        Map<String, String> metadata = category.getJavaMap(category.fieldIndex("metadata"));
        metadata.forEach(
            (key, value) -> {
              if (key.startsWith("label")) {
                probabilities.put(place + key, Double.parseDouble(value));
              }
            });
      }
    }
    return new Predicted(labels, probabilities);
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toString());
  }
}
