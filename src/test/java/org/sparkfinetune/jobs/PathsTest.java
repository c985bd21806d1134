package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;

/** Outputs and models on paths that Spark would take for lists or patterns of paths. */
@Tag("slow")
class PathsTest {
  private static final String BASE =
      "src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier";

  @TempDir Path folder;

  @Test
  void whatOneJobWritesTheOthersReadWhateverThePathIs() throws Exception {
    Path rows = folder.resolve("rows.csv");
    StringBuilder csv = new StringBuilder("text,label\n");
    for (int i = 0; i < 12; i++) {
      csv.append("message ").append(i).append(i % 2 == 0 ? ",card\n" : ",loan\n");
    }
    Files.writeString(rows, csv);
    Path run = folder.resolve("a,b [1]{c,d}%20#e?f*\u00E9\\g");

    run(
        new FineTuneJob(),
        "model.base=" + BASE,
        "model.max_length=16",
        "training.num_train_epochs=1",
        "data.train=" + rows,
        "output=" + run);
    Path predicted = folder.resolve("p,[1]{2}%20#?*.csv");
    run(new PredictJob(), "model=" + run, "data.input=" + rows, "output=" + predicted);
    run(
        new EvaluateJob(),
        "model=" + run.resolve("model"),
        "data.test=" + rows,
        "output=" + run + "-e");
    Path exported = folder.resolve("x,{1}[2]%20#?*");
    run(new ExportJob(), "model=" + run, "format=onnx", "output=" + exported);
    assertThat(run(new DescribeJob(), "model.base=" + exported, "model.max_length=16"))
        .contains("BertForSequence");
    Path stage = folder.resolve("with space");
    assertThatThrownBy(
            () -> run(new ExportJob(), "model=" + run, "format=sparknlp", "output=" + stage))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "format=sparknlp: Spark NLP cannot save to a path with the character ' ' in it: choose"
                + " an output without");
    run(
        new TuneJob(),
        "model.base=" + BASE,
        "model.max_length=16",
        "training.num_train_epochs=1",
        "data.train=" + rows,
        "tune.sampler=grid",
        "tune.space={training.learning_rate=[1e-4,2e-4]}",
        "output=" + folder.resolve("t,[1]{2}%20#?*"));

    assertThat(predicted).isDirectoryContaining("glob:**/part-*.csv");
    assertThat(run.resolveSibling(run.getFileName() + "-e").resolve("metrics.json")).exists();
    assertThat(folder.resolve("t,[1]{2}%20#?*/model/stages")).isDirectory();
    assertThat(
            TransformerClassifierModel.loadSavedModel(run.toString(), TestSpark.session())
                .getClasses())
        .containsExactly("card", "loan");
  }

  private static String run(Job job, String... settings) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Settings config = ConfigLayers.read(job, List.of(), List.of(settings));
    job.run(config, TestSpark.session(), new Console(out, OptionalInt.empty()));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
