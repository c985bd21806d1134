package org.sparkfinetune.annotator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.sparkfinetune.BuildInfo;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingResult;

/** What a fit knows of its model's making. */
final class FitProvenance {
  private FitProvenance() {}

  /** The record of a training that ends now. */
  static ModelProvenance of(
      ModelArguments model,
      TrainingArguments training,
      TrainingColumns columns,
      TrainingExamples examples,
      TrainingResult result,
      String sparkVersion) {
    Map<String, Object> settings = new LinkedHashMap<>();
    put(settings, SchemaParams.MODEL, model);
    put(settings, SchemaParams.TRAINING, training);
    Map<String, Object> data = new LinkedHashMap<>();
    data.put(ModelProvenance.TEXT_PAIRS, columns.documents().size() > 1);
    data.put("example_weights", columns.weight().isPresent());
    data.put("train_examples", examples.trainRows());
    data.put("validation_examples", examples.validationRows());
    data.put("truncated_examples", examples.truncated());
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("spark-finetune", BuildInfo.read().version());
    versions.put("libtorch", libtorch());
    versions.put("spark", sparkVersion);
    versions.put("java", System.getProperty("java.version"));
    return new ModelProvenance(
        model.base(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        settings,
        data,
        result.metrics(),
        versions);
  }

  private static <R extends Record> void put(
      Map<String, Object> settings, Schema<R> schema, R record) {
    schema
        .values(record)
        .forEach(
            (name, value) ->
                settings.put(
                    schema.setting(name).path(),
                    value instanceof Boolean || value instanceof Number && !value.equals(Double.NaN)
                        ? value
                        : Setting.spelling(value)));
  }

  /** JavaCPP's presets have the version of what they wrap, then their own. */
  private static String libtorch() {
    try {
      return Loader.getVersion("org.bytedeco", "pytorch");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
