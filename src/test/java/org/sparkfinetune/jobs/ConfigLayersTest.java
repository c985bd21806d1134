package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.pipeline.FineTuneSchema;

class ConfigLayersTest {
  private static final Job FINE_TUNE = new FineTuneJob();
  private static final Job PREDICT = new PredictJob();

  @TempDir Path folder;

  @Test
  void laterLayersWin() throws IOException {
    Path first =
        file("a.conf", "training { num_train_epochs = 1, weight_decay = 0.5 }\ndata.seed = 1");
    Path second = file("b.conf", "training.num_train_epochs = 2");

    Settings config =
        ConfigLayers.read(
            FINE_TUNE,
            List.of(first.toString(), second.toString()),
            List.of("data.seed=3", "data.seed=4", "data.train=s3a://bucket//a=b.csv"));

    assertThat(config.get(FineTuneSchema.TRAINING).numTrainEpochs()).isEqualTo(2);
    assertThat(config.get(FineTuneSchema.TRAINING).optimizer().weightDecay()).isEqualTo(0.5);
    assertThat(config.get(FineTuneSchema.TRAINING).perDeviceTrainBatchSize()).isEqualTo(32);
    DataArguments data = config.get(DataArguments.SCHEMA);
    assertThat(data.seed()).isEqualTo(4);
    assertThat(data.train()).isEqualTo("s3a://bucket//a=b.csv");
  }

  @Test
  void aKnownBaseBringsItsLearningRateUnlessTheUserSetsOne() {
    assertThat(learningRate()).isEqualTo(2e-4);
    assertThat(learningRate("model.base=minilm-l6")).isEqualTo(2e-4);
    assertThat(learningRate("model.base=/models/bert")).isEqualTo(5e-5);
    assertThat(learningRate("training.learning_rate=1e-3")).isEqualTo(1e-3);
  }

  private static double learningRate(String... overrides) {
    return ConfigLayers.read(FINE_TUNE, List.of(), List.of(overrides))
        .get(FineTuneSchema.TRAINING)
        .optimizer()
        .learningRate();
  }

  @Test
  void sparkSettingsPassThrough() throws IOException {
    Path file =
        file(
            "spark.conf",
            "spark { executor.memory = 4g, task.cpus = 2 }\n\"spark.speculation\" = true\n"
                + "\"spark.speculation.interval\" = 1s");

    Settings config =
        ConfigLayers.read(
            PREDICT,
            List.of(file.toString()),
            List.of("spark.task.cpus=3", "spark.master=local[2]"));

    assertThat(config.spark())
        .containsEntry("spark.executor.memory", "4g")
        .containsEntry("spark.task.cpus", "3")
        .containsEntry("spark.speculation", "true")
        .containsEntry("spark.speculation.interval", "1s")
        .containsEntry("spark.master", "local[2]");
  }

  @Test
  void resolvedConfigurationReadsBackAsItWas() throws IOException {
    Settings config =
        ConfigLayers.read(
            FINE_TUNE,
            List.of(),
            List.of(
                "output=a \"b\" \\c",
                "training.precision=BF16",
                "training.adam_epsilon=1e-12",
                "spark.executor.extraJavaOptions=-Da=\"x y\""));

    Settings again =
        ConfigLayers.read(
            FINE_TUNE, List.of(file("again.conf", config.toHocon()).toString()), List.of());

    assertThat(again.toHocon()).isEqualTo(config.toHocon());
    assertThat(again.spark()).isEqualTo(config.spark());
    assertThat(again.get(FineTuneSchema.TRAINING)).isEqualTo(config.get(FineTuneSchema.TRAINING));
    assertThat(again.value("output")).isEqualTo("a \"b\" \\c");
  }

  @Test
  void secretsAreNotWrittenToDisk() throws IOException {
    Settings config =
        ConfigLayers.read(
            FINE_TUNE,
            List.of(),
            List.of(
                "spark.hadoop.fs.s3a.access.key=AKIA",
                "spark.hadoop.fs.s3a.secret.key=c0nfidential",
                "spark.executor.extraJavaOptions=-Dpassword=c0nfidential",
                "tracking.uri=https://ann:c0nfidential@mlflow.example",
                "spark.executor.memory=4g"));

    assertThat(config.spark()).hasSize(4);
    assertThat(config.command()).doesNotContain("c0nfidential", "AKIA");
    assertThat(config.toHocon())
        .doesNotContain("c0nfidential", "AKIA")
        .contains("  # left out, a secret: uri\n")
        .contains("\"spark.executor.memory\" = \"4g\"\n")
        .contains("# left out, a secret: \"spark.hadoop.fs.s3a.secret.key\"\n")
        .contains("# left out, a secret: \"spark.executor.extraJavaOptions\"\n");
    Settings again =
        ConfigLayers.read(
            FINE_TUNE, List.of(file("again.conf", config.toHocon()).toString()), List.of());
    assertThat(again.spark()).containsOnlyKeys("spark.executor.memory");

    String userInfo = "tracking.uri=https://ann:c0nfidential@mlflow:5000";
    String abfss = "abfss://data@account.dfs.core.windows.net/train.csv";
    Settings addresses =
        ConfigLayers.read(FINE_TUNE, List.of(), List.of(userInfo, "data.train=" + abfss));
    assertThat(addresses.toHocon())
        .doesNotContain("c0nfidential")
        .contains("  # left out, a secret: uri\n")
        .contains(abfss);
    assertThat(addresses.command()).doesNotContain("c0nfidential").contains(abfss);

    Settings own =
        ConfigLayers.read(
            FINE_TUNE,
            List.of(),
            List.of("spark.redaction.regex=memory", "spark.executor.memory=4g"));
    assertThat(own.toHocon())
        .contains("# left out, a secret: \"spark.executor.memory\"\n")
        .contains("\"spark.redaction.regex\" = \"memory\"\n");
  }

  @Test
  void unknownKeyNamesTheNearest() {
    refused(
        "training.learning_rat=1",
        "unknown key training.learning_rat: did you mean training.learning_rate?");
    refused("trainin.seed=1", "unknown key trainin.seed: did you mean training.seed?");
    refused("outptu=x", "unknown key outptu: did you mean output?");
  }

  @Test
  void keyThatOnlyOtherJobsTakeIsUnknown() {
    assertThatThrownBy(() -> ConfigLayers.read(PREDICT, List.of(), List.of("data.train=x.csv")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("unknown key data.train: did you mean data.");
  }

  @Test
  void wrongValueSaysWhatIsAllowed() {
    refused(
        "training.warmup_ratio=2",
        "training.warmup_ratio=2 is not allowed: expected >= 0 and <= 1");
    refused("log=loud", "log=loud is not allowed: expected one of off, error, warn, info, debug");
  }

  @Test
  void argumentThatIsNoAssignmentIsRefused() {
    refused("train.csv", "'train.csv' is not understood: expected key=value, or see --help");
  }

  private static void refused(String override, String message) {
    assertThatThrownBy(() -> ConfigLayers.read(FINE_TUNE, List.of(), List.of(override)))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }

  @Test
  void mistakeInAFileIsNamedWithItsLine() throws IOException {
    Path file = file("x.conf", "output = a\ntraining {\n  learning_rate = -1\n}\n");
    fileRefused(file, "x.conf: 3: training.learning_rate=-1 is not allowed: expected > 0");
    fileRefused(
        file("y.conf", "\noutput = [a, b]"), "y.conf: 2: output is a list: expected one value");
    fileRefused(file("z.conf", "output = \"a\nb"), "z.conf: 1:");
    fileRefused(folder.resolve("none.conf"), "none.conf: there is no such file");
  }

  @Test
  void filesWithASchemeAreReadThroughHadoop() throws IOException {
    String remote = file("r.conf", "training.num_train_epochs = 7").toUri().toString();
    assertThat(remote).startsWith("file:///");

    Settings config =
        ConfigLayers.read(FINE_TUNE, List.of(remote), List.of("training.weight_decay=0.5"));

    assertThat(config.get(FineTuneSchema.TRAINING).numTrainEpochs()).isEqualTo(7);
    assertThat(config.command()).contains("--conf " + remote);
    String wrong = file("w.conf", "\ntraining.learning_rate = -1").toUri().toString();
    fileRefused(wrong, wrong + ": 2: training.learning_rate=-1 is not allowed: expected > 0");
    fileRefused(file("z.conf", "output = \"a\nb").toUri().toString(), "z.conf: 1:");
    fileRefused("file:" + folder + "/none.conf", "none.conf: there is no such file");
    fileRefused("nosuch://bucket/a.conf", "--conf nosuch://bucket/a.conf cannot be read: ");
  }

  @Test
  void whereARepeatedRunWroteIsNotTaken() {
    Map<String, String> recorded =
        Map.of("output", "runs/a", "resume", "true", "training.num_train_epochs", "9");

    Settings config = ConfigLayers.read(new TuneJob(), recorded, List.of(), List.of());

    assertThat(config.get(StudyArguments.SCHEMA)).isEqualTo(StudyArguments.SCHEMA.defaults());
    assertThat(config.get(FineTuneSchema.TRAINING).numTrainEpochs()).isEqualTo(9);
  }

  private static void fileRefused(Path file, String message) {
    fileRefused(file.toString(), message);
  }

  private static void fileRefused(String file, String message) {
    assertThatThrownBy(() -> ConfigLayers.read(FINE_TUNE, List.of(file), List.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n");
  }

  @Test
  void requiredKeyIsAskedFor() {
    Settings config = ConfigLayers.read(FINE_TUNE, List.of(), List.of());
    assertThatThrownBy(() -> config.require("data.train"))
        .isInstanceOf(UserException.class)
        .hasMessage("data.train is not set: expected data.train=PATH");
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
