package org.sparkfinetune.fuzz;

import static org.sparkfinetune.data.HuggingFaceParquet.classLabel;
import static org.sparkfinetune.data.HuggingFaceParquet.feature;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.data.HuggingFaceParquet;
import org.sparkfinetune.task.ProblemType;

/** Rows in CSV, JSON and Parquet, read and split as a fine-tuning does. */
final class RowsTarget implements FuzzTarget {
  private static final Schema<DataArguments> SCHEMA = Schema.of("data", DataArguments.class);

  private static final String CSV =
      """
      text,label,note
      my card is lost,card,
      "where is my ""refund"", please",refund,x
      "two
      lines",refund,y
      lost card,card,z
      money back,refund,
      a card,card,
      """;

  private static final String JSON =
      """
      {"text": "my card is lost", "label": "card", "n": 1}
      {"text": "where is my refund", "label": "refund", "n": null}
      {"text": "lost card", "label": "card"}
      {"text": "money back", "label": "refund", "n": 2.5}
      """;

  @Override
  public String name() {
    return "rows";
  }

  @Override
  public List<Sample> samples() throws IOException {
    // Starts Spark and has it compile, which is not the first file's to answer for.
    Path sound = Files.createTempDirectory("rows");
    Files.writeString(sound.resolve("rows.csv"), CSV);
    read(sound);
    Path parquet = Files.createTempDirectory("rows").resolve("rows.parquet");
    HuggingFaceParquet.write(parquet, feature(classLabel("card", "refund")), 0L, 1L, 0L, 1L, null);
    return List.of(
        Sample.of("rows.csv", CSV.getBytes(StandardCharsets.UTF_8)),
        Sample.of("rows.json", JSON.getBytes(StandardCharsets.UTF_8)),
        Sample.of("rows.parquet", Files.readAllBytes(parquet)));
  }

  @Override
  public void read(Path folder) {
    DataArguments arguments =
        SCHEMA.create(
            Map.of("train", folder.toString(), "validation_split", 0.25, "test_split", 0.0));
    try (ExampleSplits data =
        DatasetPreparation.prepare(
            TestSpark.session(), arguments, ProblemType.SINGLE_LABEL_CLASSIFICATION)) {
      data.report().render();
      data.train().count();
      data.rejected().collectAsList();
    }
  }
}
