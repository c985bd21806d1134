package org.sparkfinetune.finetune;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.console.Console;

/** A model that predicts all of its labels, so that words can change what it says. */
final class UndecidedModel {
  private UndecidedModel() {}

  /**
   * Writes a model with a bias of the last layer that makes its labels about as frequent.
   *
   * @param model a tiny one in safetensors, of three labels
   * @param rows with a column {@code text} that they are to be as frequent in
   * @return where it is
   */
  static String write(SparkSession spark, String model, Dataset<Row> rows, Path to)
      throws IOException {
    List<Row> logs =
        Prediction.on(spark)
            .console(Console.quiet())
            .model(model)
            .input(rows)
            .run()
            .selectExpr("transform(map_values(probabilities), p -> ln(p))")
            .collectAsList();
    Files.createDirectory(to);
    try (var files = Files.list(Path.of(model))) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    ByteBuffer weights =
        ByteBuffer.wrap(Files.readAllBytes(to.resolve("model.safetensors")))
            .order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) weights.getLong(0);
    String json = new String(weights.array(), 8, header, StandardCharsets.UTF_8);
    int at =
        8
            + header
            + new ObjectMapper().readTree(json).at("/classifier.bias/data_offsets/0").asInt();
    for (int label = 0; label < 3; label++) {
      int of = label;
      double mean =
          logs.stream().mapToDouble(row -> row.<Double>getList(0).get(of)).average().orElseThrow();
      weights.putFloat(at + 4 * label, (float) (weights.getFloat(at + 4 * label) - mean));
    }
    Files.write(to.resolve("model.safetensors"), weights.array());
    return to.toString();
  }
}
