package org.sparkfinetune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.util.MLReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierApproach;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.model.io.PretrainedModel;

/** A folder that somebody else may have made is data, whatever it says. */
class SavedPipelineTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final String CLASSIFIER = TransformerClassifierModel.class.getName();
  private static final String ASSEMBLER = DocumentAssembler.class.getName();
  private static boolean ran;

  @TempDir private static Path saved;
  @TempDir private Path folder;
  private Path model;

  /** Tells whether somebody has made use of it. */
  public static final class Hostile {
    static {
      ran = true;
    }

    private Hostile() {}

    /** What Spark calls. */
    public static MLReader<?> read() {
      throw new IllegalStateException("read");
    }
  }

  @BeforeAll
  static void save() throws IOException {
    DocumentAssembler first = new DocumentAssembler("first one").setInputCol("question");
    first.setCleanupMode("shrink").setIdCol("id").setMetadataCol("meta").setOutputCol("row");
    DocumentAssembler second = new DocumentAssembler("second").setInputCol("Prediction");
    second.setOutputCol("category");
    TransformerClassifierModel classifier = TransformerClassifierModel.of(TestModels.tiny());
    classifier.setInputCols(new String[] {"category", "row"}).setOutputCol("text");
    classifier.setMaxLength(7).setBatchSize(3).setPerDeviceEvalBatchSize(5);
    new Pipeline()
        .setStages(new PipelineStage[] {first, second, classifier})
        .fit(TestSpark.session().emptyDataFrame())
        .save(saved.resolve("model").toString());
  }

  @BeforeEach
  void copy() throws IOException {
    model = folder.resolve("model");
    try (Stream<Path> files = Files.walk(saved.resolve("model"))) {
      for (Path file : files.filter(f -> !f.getFileName().toString().endsWith(".crc")).toList()) {
        Files.copy(file, folder.resolve(saved.relativize(file).toString()));
      }
    }
    ran = false;
  }

  @Test
  void isMadeAnewWithTheParamsThatItWasSavedWith() throws IOException {
    SavedPipeline pipeline = SavedPipeline.read(hadoop(model), HADOOP);

    assertThat(pipeline.assemblers())
        .extracting(DocumentAssembler::uid)
        .containsExactly("second", "first one");
    assertThat(pipeline.assemblers())
        .extracting(DocumentAssembler::getCleanupMode)
        .containsExactly("disabled", "shrink");
    PipelineModel loaded = PipelineModel.load(model.toString());
    TransformerClassifierModel expected = (TransformerClassifierModel) loaded.stages()[2];
    assertThat(params(pipeline.classifier())).isEqualTo(params(expected));
    assertThat(pipeline.classifier().uid()).isEqualTo(expected.uid());
    assertThat(pipeline.classifier().getMaxLength()).isEqualTo(7);
    assertThat(pipeline.classifier().getBatchSize()).isEqualTo(3);
    assertThat(pipeline.classifier().getPerDeviceEvalBatchSize()).isEqualTo(5);
    assertThat(pipeline.classifier().files().config()).isEqualTo(expected.files().config());
  }

  /** Its columns have the names of the job's own, and the user's rows those of both. */
  @Test
  void predictsWhateverItsColumnsAreCalled() {
    ClassifierPipeline pipeline =
        ClassifierPipeline.load(TestSpark.session(), folder.toString(), true);

    assertThat(
            pipeline
                .predict(
                    TestSpark.session().sql("SELECT 'a' AS text, 'b' AS row, 1 AS category"),
                    "text",
                    Optional.of("row"))
                .collectAsList()
                .get(0)
                .getString(3))
        .isIn("card", "loan", "transfer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "org.apache.spark.ml.feature.SQLTransformer",
        "org.sparkfinetune.pipeline.SavedPipelineTest$Hostile",
        "com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector",
        "org.apache.spark.ml.PipelineModel",
        "org.sparkfinetune.annotator.TransformerClassifierApproach",
        "com.johnsnowlabs.nlp.DocumentAssembler ",
        "com.johnsnowlabs.nlp.documentassembler",
        "",
        "../../evil\\nINFO: all is well"
      })
  void noOtherStageIsMade(String type) throws IOException {
    replace("0_first one", ASSEMBLER, type);

    UserException refused = refused();

    assertThat(refused)
        .hasMessageStartingWith("model=" + folder + ": its stage " + model + "/stages/0_first one")
        .hasMessageContaining("others can run code. Give its classifier alone, model=" + model);
    assertThat(refused.getMessage()).contains(type.replace("\\n", " "));
    assertThat(ran).isFalse();
    // What the message proposes.
    String alone = refused.getMessage().replaceAll(".*classifier alone, model=(.*?), or .*", "$1");
    assertThat(ClassifierPipeline.load(TestSpark.session(), alone, true).labels()).hasSize(3);
    // A base is its weights, whatever stands before them.
    assertThat(PretrainedModel.open(model.toString(), HADOOP).config()).contains("bert");
    assertThat(ran).isFalse();
  }

  @Test
  void readersOfAStageMakeNoOtherClassEither() throws IOException {
    replace("0_first one", ASSEMBLER, Hostile.class.getName());
    String stage = model.resolve("stages/0_first one").toString();

    assertThatThrownBy(() -> TransformerClassifierModel.load(stage))
        .isInstanceOf(UserException.class)
        .hasMessage(
            stage + " is a saved " + Hostile.class.getName() + ": expected a " + CLASSIFIER);
    assertThatThrownBy(() -> TransformerClassifierApproach.load(stage))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("expected a " + TransformerClassifierApproach.class.getName());
    assertThat(ran).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../../elsewhere", "a/b", "..\\\\x", "s3a://bucket/x"})
  void aStageLiesInThePipelinesFolder(String uid) throws IOException {
    replace("", "\"second\"", "\"" + uid + "\"");

    assertThat(refused()).hasMessageContaining("Others are not read");
  }

  @Test
  void aStageThatIsNotThereIsNamed() throws IOException {
    replace("", "\"second\"", "\"third\"");

    assertThat(refused()).hasMessageContaining("stages/1_third: no saved Spark ML stage");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          max_length":7       | max_length":"7"              | max_length="7": expected a whole number
          max_length":7       | max_length":99999999999      | max_length=99999999999: expected a whole number
          max_length":7       | max_length":0                | model.max_length=0 is not allowed: expected >= 3
          max_length":7       | max_length":7.5              | max_length=7.5: expected a whole number
          "threshold":"NaN"   | "threshold":"many"           | threshold="many": expected a number
          "threshold":"NaN"   | "threshold":2                | model.threshold=2.0 is not allowed
          "batchSize":3       | "batchSize":0                | batchSize=0: expected >= 1
          lazyAnnotator":false| lazyAnnotator":"no"          | lazyAnnotator="no": expected true or false
          ["category","row"]  | ["category"                  | not JSON
          ["category","row"]  | []                           | its classifier reads 0 columns
          ["category","row"]  | ["category","row","row"]     | its classifier reads 3 columns
          ["category","row"]  | ["category",1]               | expected a list of texts
          ["category","row"]  | ["category","Row"]           | its classifier reads the column Row
          ["category","row"]  | ["row","row"]                | its classifier reads the column row twice
          "batchSize":3       | "batchSize":3,"evil":{"a":1} | its metadata sets evil, which a TransformerClassifierModel of this version does not have
          """)
  void refusesParamsThatItsClassifierDoesNotAllow(String found, String put, String message)
      throws IOException {
    replace("2_", found.strip(), put.strip());

    assertThat(refused()).hasMessageContaining(message.strip());
  }

  @Test
  void refusesWhatIsNoMetadata() throws IOException {
    Path file = file("0_first one");
    String text = Files.readString(file);
    for (String other :
        List.of(
            "PAR1\u0000\u0001",
            "",
            "[]",
            "{}",
            "{\"class\":1,\"uid\":\"a\"}",
            text.replace("\"paramMap\":{", "\"paramMap\":[{").replace("\"},\"def", "\"}],\"def"),
            "{\"class\":" + "[".repeat(100_000),
            text + " ".repeat(2 << 20),
            text.replace("shrink", "evil"),
            text.replace("\"shrink\"", "1"))) {
      Files.writeString(file, other);

      assertThat(refused()).hasMessageContaining("0_first one");
    }
    Files.delete(file);
    assertThat(refused()).hasMessageContaining("expected one file part-00000");
    Files.createDirectory(file);
    assertThat(refused()).hasMessageContaining("this is a folder");
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("/dev/zero"));
    assertThat(refused()).hasMessageContaining("device, pipe or socket");
  }

  @Test
  void refusesPipelinesOfAnotherShape() throws IOException {
    replace("", "org.apache.spark.ml.PipelineModel", Hostile.class.getName());
    assertThat(refused()).hasMessageContaining("is a saved " + Hostile.class.getName());
    replace("", Hostile.class.getName(), "org.apache.spark.ml.PipelineModel");
    replace("2_", CLASSIFIER, ASSEMBLER);
    assertThat(refused())
        .hasMessageContaining("a pipeline with 0 stages TransformerClassifierModel: expected one");
    replace("", "\"stageUids\":[", "\"stageUids\":null,\"x\":[");
    assertThat(refused()).hasMessageContaining("its metadata has no list stageUids");
    assertThat(ran).isFalse();
  }

  /** Without the line of the columns, which shows an array's address. */
  private static String params(TransformerClassifierModel model) {
    return model.explainParams().replaceAll("inputCols: .*", "");
  }

  private UserException refused() {
    Throwable thrown =
        catchThrowable(() -> ClassifierPipeline.load(TestSpark.session(), folder.toString(), true));
    assertThat(thrown).isInstanceOf(UserException.class);
    assertThat(thrown.getMessage()).doesNotContain("\n").hasSizeLessThan(1000);
    return (UserException) thrown;
  }

  /** The metadata of a stage, or of the pipeline. */
  private Path file(String stage) throws IOException {
    if (stage.isEmpty()) {
      return model.resolve("metadata/part-00000");
    }
    try (Stream<Path> stages = Files.list(model.resolve("stages"))) {
      return stages
          .filter(folder -> folder.getFileName().toString().startsWith(stage))
          .findFirst()
          .orElseThrow()
          .resolve("metadata/part-00000");
    }
  }

  private void replace(String stage, String found, String put) throws IOException {
    Path file = file(stage);
    String text = Files.readString(file);
    assertThat(text).contains(found);
    Files.writeString(file, text.replace(found, put));
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
