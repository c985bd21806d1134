package org.sparkfinetune.pipeline;

import static org.apache.spark.ml.functions.vector_to_array;
import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.UserException;
import org.sparkfinetune.conformal.PredictionSets;
import org.sparkfinetune.conformal.SelectivePrediction;

/** The columns that say how far a prediction is to be trusted, of what {@code vectors} gives. */
final class SelectiveColumns {
  /** None of them. */
  static final SelectiveColumns NONE =
      new SelectiveColumns(new LinkedHashMap<>(), OptionalDouble.empty());

  private final Map<String, Column> columns;
  private final OptionalDouble abstainBelow;

  private SelectiveColumns(Map<String, Column> columns, OptionalDouble abstainBelow) {
    this.columns = columns;
    this.abstainBelow = abstainBelow;
  }

  /**
   * Those that were asked for.
   *
   * @param labels the label names, by index
   * @param calibrated what the model was calibrated for; empty where it was not
   * @param temperature of the model
   * @param mahalanobis what the model was calibrated for; empty where it was not
   * @throws UserException when a setting takes a calibration that the model does not have
   */
  static SelectiveColumns of(
      SelectiveOptions options,
      List<String> labels,
      Optional<SelectivePrediction> calibrated,
      double temperature,
      Optional<MahalanobisScore> mahalanobis) {
    Map<String, Column> columns = new LinkedHashMap<>();
    OptionalDouble below = options.confidence();
    if (options.coverage() > 0) {
      PredictionSets sets = sets(options, current(options, calibrated, temperature));
      columns.put(PredictionColumns.PREDICTION_SET, set(options.coverage(), sets, labels));
    }
    if (options.targetAccuracy() > 0) {
      below = OptionalDouble.of(below(options, current(options, calibrated, temperature)));
    }
    if (below.isPresent()) {
      columns.put(PredictionColumns.ABSTAINED, isBelow(below.getAsDouble()));
    }
    if (options.outOfScope() != OutOfScopeScore.NONE) {
      columns.put(PredictionColumns.OUT_OF_SCOPE, outOfScope(options, mahalanobis));
    }
    return new SelectiveColumns(columns, below);
  }

  private static SelectivePrediction current(
      SelectiveOptions options, Optional<SelectivePrediction> calibrated, double temperature) {
    if (calibrated.isEmpty()) {
      throw new UserException(
          "%s: the model was not calibrated for it: %s"
              .formatted(options.asked(), calibrate(options)));
    }
    if (calibrated.get().temperature() != temperature) {
      throw new UserException(
          "%s: the model was calibrated for it at temperature %s, and has temperature %s: %s"
              .formatted(
                  options.asked(),
                  calibrated.get().temperature(),
                  temperature,
                  calibrate(options)));
    }
    return calibrated.get();
  }

  private static String calibrate(SelectiveOptions options) {
    return options.coverage() > 0
        ? "run jobs/calibrate with calibrate.coverage=" + options.coverage()
        : "run jobs/calibrate with calibrate.target_accuracy=" + options.targetAccuracy();
  }

  private static PredictionSets sets(SelectiveOptions options, SelectivePrediction calibrated) {
    PredictionSets sets = calibrated.sets().orElse(null);
    if (sets == null || !sets.coverages().contains(options.coverage())) {
      throw new UserException(
          "%s: the model was calibrated for %s: %s"
              .formatted(
                  options.asked(),
                  sets == null ? "no coverage" : "the coverages " + sets.coverages() + " alone",
                  calibrate(options)));
    }
    return sets;
  }

  private static double below(SelectiveOptions options, SelectivePrediction calibrated) {
    Double found = calibrated.abstainBelow().get(options.targetAccuracy());
    if (found == null) {
      throw new UserException(
          "predict.target_accuracy=%s: the model was calibrated for %s: run jobs/calibrate with calibrate.target_accuracy=%s"
              .formatted(
                  options.targetAccuracy(),
                  calibrated.abstainBelow().isEmpty()
                      ? "no accuracy"
                      : "the accuracies " + calibrated.abstainBelow().keySet() + " alone",
                  options.targetAccuracy()));
    }
    return found;
  }

  private static Column set(double coverage, PredictionSets sets, List<String> labels) {
    String[] names = labels.toArray(String[]::new);
    return udf(
            (UDF2<Vector, Long, String[]>)
                (probability, hash) ->
                    probability == null
                        ? null
                        : Arrays.stream(sets.of(coverage, probability.toArray(), hash))
                            .mapToObj(label -> names[label])
                            .toArray(String[]::new),
            DataTypes.createArrayType(DataTypes.StringType))
        .apply(col(PredictionColumns.PROBABILITY), col(PredictionColumns.TEXT_HASH));
  }

  private static Column confidence() {
    return array_max(vector_to_array(col(PredictionColumns.PROBABILITY), "float64"));
  }

  /** False for a row without a text, which has no prediction either way. */
  private static Column isBelow(double least) {
    return coalesce(
        when(col(PredictionColumns.PROBABILITY).isNotNull(), confidence().lt(least)), lit(false));
  }

  private static Column outOfScope(
      SelectiveOptions options, Optional<MahalanobisScore> mahalanobis) {
    Column value =
        switch (options.outOfScope()) {
          case ENERGY -> score(PredictionColumns.LOGITS, OutOfScopeScore::energy);
          case MAHALANOBIS -> {
            MahalanobisScore score =
                mahalanobis.orElseThrow(
                    () ->
                        new UserException(
                            "%s: the model was not calibrated for it: run jobs/calibrate with calibrate.mahalanobis=true"
                                .formatted(options.asked())));
            yield score(PredictionColumns.POOLED, score::of);
          }
          default -> lit(1).minus(confidence());
        };
    return when(col(PredictionColumns.PROBABILITY).isNotNull(), value);
  }

  /** A number of a row's vector. */
  private static Column score(String column, VectorScore score) {
    return udf(
            (UDF1<Vector, Double>) vector -> vector == null ? null : score.of(vector.toArray()),
            DataTypes.DoubleType)
        .apply(col(column));
  }

  private interface VectorScore extends Serializable {
    double of(double[] vector);
  }

  /** The names, in the order of {@link #columns}. */
  List<String> names() {
    return List.copyOf(columns.keySet());
  }

  /** The columns, named. */
  List<Column> columns() {
    List<Column> named = new ArrayList<>();
    columns.forEach((name, column) -> named.add(column.as(name)));
    return named;
  }

  /** The prediction, null where it is not sure enough. */
  Column prediction() {
    Column prediction = col(PredictionColumns.PREDICTION);
    return abstainBelow.isEmpty()
        ? prediction
        : when(not(isBelow(abstainBelow.getAsDouble())), prediction);
  }
}
