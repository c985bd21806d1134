package org.sparkfinetune.conformal;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What calibration rows say of when a classifier should not answer, or not with one label alone.
 *
 * @param temperature of the classifier as it was calibrated: with another one its probabilities are
 *     others, and nothing here holds
 * @param rows that it was calibrated by
 * @param sets empty where none were calibrated
 * @param abstainBelow by accuracy of the answers, the confidence from which on there is one; empty
 *     where none was asked for
 */
public record SelectivePrediction(
    double temperature,
    long rows,
    Optional<PredictionSets> sets,
    SortedMap<Double, Double> abstainBelow) {
  /** Copies the map. */
  public SelectivePrediction {
    abstainBelow =
        Collections.unmodifiableSortedMap(new TreeMap<>((Map<Double, Double>) abstainBelow));
  }
}
