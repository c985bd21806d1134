package org.sparkfinetune.model.io;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * How a model came to be: {@code training.json}, saved beside its configuration. Model cards are
 * made from it; of what computes, only the length at which texts are cut comes from it.
 *
 * @param base the pretrained model that it was fine-tuned from, as {@code model.base} named it
 * @param finished when the training ended, ISO 8601, in UTC
 * @param settings every setting of model and training by its whole key, as in {@code
 *     training.learning_rate}
 * @param data what is known of the rows, as in {@code train_examples}
 * @param metrics Hugging Face's names, as in {@code eval_accuracy}
 * @param versions of what trained it, by name, as in {@code libtorch}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ModelProvenance(
    String base,
    String finished,
    Map<String, Object> settings,
    Map<String, Object> data,
    Map<String, Double> metrics,
    Map<String, String> versions) {
  /** Of the data, whether rows were pairs of texts: the name in {@link #data}. */
  public static final String TEXT_PAIRS = "text_pairs";

  /** More positions than most models have; attention's memory grows with their square. */
  private static final int UNKNOWN_MAX_LENGTH = 512;

  static final String FILE = "training.json";

  /** Keeps copies, in their order; what is missing is empty. */
  public ModelProvenance {
    base = base == null ? "" : base;
    finished = finished == null ? "" : finished;
    settings = copy(settings);
    data = copy(data);
    metrics = copy(metrics);
    versions = copy(versions);
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /** A record that says nothing. */
  public static ModelProvenance empty() {
    return new ModelProvenance("", "", Map.of(), Map.of(), Map.of(), Map.of());
  }

  /** Whether the model was trained on pairs of texts; false when that is not known. */
  public boolean pairs() {
    return Boolean.TRUE.equals(data.get(TEXT_PAIRS));
  }

  /**
   * The longest text in tokens, as the model was trained; 512 when that is not known.
   *
   * @param positions what the model has positions for, which is never exceeded
   */
  public int maxLength(int positions) {
    int known =
        settings.get("model.max_length") instanceof Number trained && trained.intValue() > 0
            ? trained.intValue()
            : UNKNOWN_MAX_LENGTH;
    return Math.min(known, positions);
  }

  /** This record of a model whose base has another name than the path that it was read from. */
  public ModelProvenance withBase(String name) {
    Map<String, Object> named = new LinkedHashMap<>(settings);
    named.replace("model.base", name);
    return new ModelProvenance(name, finished, named, data, metrics, versions);
  }

  /**
   * This record for strangers: of every path only the last part, as folders tell of the author's
   * machines and buckets.
   */
  public ModelProvenance withoutPaths() {
    return new ModelProvenance(
        ModelNames.lastPart(base),
        finished,
        withoutPaths(settings),
        withoutPaths(data),
        metrics,
        versions);
  }

  private static Map<String, Object> withoutPaths(Map<String, Object> values) {
    Map<String, Object> named = new LinkedHashMap<>(values);
    named.replaceAll(
        (name, value) -> value instanceof String text ? ModelNames.lastPart(text) : value);
    return named;
  }

  /** This record with more that is known of the rows and the scores. */
  public ModelProvenance with(Map<String, ?> moreData, Map<String, Double> moreMetrics) {
    Map<String, Object> allData = new LinkedHashMap<>(moreData);
    data.forEach(allData::putIfAbsent);
    Map<String, Double> allMetrics = new LinkedHashMap<>(metrics);
    allMetrics.putAll(moreMetrics);
    return new ModelProvenance(base, finished, settings, allData, allMetrics, versions);
  }

  /** Reads a folder's record; empty when it has none. */
  public static Optional<ModelProvenance> read(Path folder, Configuration hadoop) {
    Path file = new Path(folder, FILE);
    try {
      return HadoopFiles.exists(file, hadoop)
          ? Optional.of(
              Json.MAPPER.readValue(HadoopFiles.readText(file, hadoop), ModelProvenance.class))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      throw new UserException(
          file + ": not a record of a training (" + e.getOriginalMessage() + "). Delete it.", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the record into a folder, which is there already. */
  public void write(Path folder, Configuration hadoop) {
    try {
      HadoopFiles.writeText(
          new Path(folder, FILE), Json.text(Json.MAPPER.valueToTree(this)), hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
