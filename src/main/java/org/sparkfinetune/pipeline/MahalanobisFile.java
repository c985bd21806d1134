package org.sparkfinetune.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * What {@link MahalanobisScore} needs, in a file beside the stages of a saved pipeline: {@code
 * means}, an array of numbers a label (null for a label without rows), and {@code covariance}, the
 * rows of its lower triangle.
 */
final class MahalanobisFile {
  private static final String NAME = "class_means.json";

  /** 2,048 dimensions and 1,000 labels are about 90 MB. */
  private static final int MAX_BYTES = 256 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private MahalanobisFile() {}

  static void write(MahalanobisScore score, String pipeline, Configuration hadoop)
      throws IOException {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode means = json.putArray("means");
    for (int label = 0; label < score.means().length; label++) {
      if (score.lacks(label)) {
        means.addNull();
      } else {
        ArrayNode mean = means.addArray();
        Arrays.stream(score.means()[label]).forEach(mean::add);
      }
    }
    ArrayNode covariance = json.putArray("covariance");
    for (int i = 0; i < score.covariance().length; i++) {
      ArrayNode row = covariance.addArray();
      Arrays.stream(score.covariance()[i], 0, i + 1).forEach(row::add);
    }
    HadoopFiles.writeText(new Path(pipeline, NAME), json.toString(), hadoop);
  }

  /**
   * Reads what was written, also by somebody else; empty where there is none.
   *
   * @param labels how many the model has
   * @throws UserException when it is not as {@link #write} writes it
   */
  static Optional<MahalanobisScore> read(String pipeline, int labels, Configuration hadoop)
      throws IOException {
    Path file = new Path(pipeline, NAME);
    if (!HadoopFiles.exists(file, hadoop)) {
      return Optional.empty();
    }
    try {
      JsonNode json = JSON.readTree(HadoopFiles.readText(file, MAX_BYTES, hadoop));
      JsonNode triangle = json.path("covariance");
      JsonNode rows = json.path("means");
      int width = triangle.size();
      double[][] covariance = new double[width][width];
      for (int i = 0; i < width; i++) {
        double[] row = numbers(triangle.get(i), i + 1);
        for (int j = 0; j <= i; j++) {
          covariance[i][j] = row[j];
          covariance[j][i] = row[j];
        }
      }
      if (rows.size() != labels || width == 0) {
        throw new IllegalArgumentException(rows.size() + " means of " + width + " numbers");
      }
      double[][] means = new double[labels][width];
      for (int label = 0; label < labels; label++) {
        if (rows.get(label).isNull()) {
          Arrays.fill(means[label], Double.NaN);
        } else {
          means[label] = numbers(rows.get(label), width);
        }
      }
      return Optional.of(new MahalanobisScore(means, covariance));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new UserException(
          "%s is damaged (%s): calibrate the model anew, by jobs/calibrate with calibrate.mahalanobis=true, or delete the file"
              .formatted(
                  file,
                  e instanceof JsonProcessingException json
                      ? json.getOriginalMessage()
                      : e.getMessage()),
          e);
    }
  }

  private static double[] numbers(JsonNode array, int expected) {
    if (array == null || !array.isArray() || array.size() != expected) {
      throw new IllegalArgumentException("expected " + expected + " numbers");
    }
    double[] numbers = new double[expected];
    for (int i = 0; i < expected; i++) {
      JsonNode value = array.get(i);
      if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
        throw new IllegalArgumentException("something is no number");
      }
      numbers[i] = value.doubleValue();
    }
    return numbers;
  }
}
