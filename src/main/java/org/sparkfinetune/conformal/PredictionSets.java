package org.sparkfinetune.conformal;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which labels a row gets so that its own is among them as often as was asked for: those whose
 * {@link ConformityScore} is at most the {@link FiniteSampleQuantile} of calibration rows' own
 * labels. Immutable.
 *
 * <p>The number {@code u} of a row is drawn from its text by a seed: the same text gets the same
 * set, wherever and whenever it is classified, and the promise holds all the same, which it does
 * for any score that is a function of row and label.
 */
public final class PredictionSets implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ConformityScore score;
  private final long seed;
  private final boolean classConditional;
  private final TreeMap<Double, double[]> thresholds;

  /**
   * Sets of calibrated thresholds.
   *
   * @param seed of the rows' numbers
   * @param classConditional whether each label has its own threshold, calibrated by its own rows
   *     (Mondrian): the coverage is then kept label by label
   * @param thresholds by coverage, the largest score that is let in: one, or one a label
   */
  public PredictionSets(
      ConformityScore score,
      long seed,
      boolean classConditional,
      SortedMap<Double, double[]> thresholds) {
    this.score = score;
    this.seed = seed;
    this.classConditional = classConditional;
    this.thresholds = new TreeMap<>(thresholds);
  }

  /** What labels are scored by. */
  public ConformityScore score() {
    return score;
  }

  /** Of the rows' numbers. */
  public long seed() {
    return seed;
  }

  /** Whether each label has its own thresholds. */
  public boolean isClassConditional() {
    return classConditional;
  }

  /** The coverages that were calibrated for, ascending. */
  public Set<Double> coverages() {
    return thresholds.keySet();
  }

  /**
   * The thresholds of a coverage: one, or one a label.
   *
   * @throws IllegalArgumentException when it was not calibrated for
   */
  public double[] thresholds(double coverage) {
    return ofCoverage(coverage).clone();
  }

  /**
   * The labels of a row, by index, from the most probable one down; may be none.
   *
   * @param coverage one of {@link #coverages}
   * @param probabilities by label index
   * @param textHash of the row's text, any hash of 64 bits
   */
  public int[] of(double coverage, double[] probabilities, long textHash) {
    double[] limits = ofCoverage(coverage);
    double[] scores = score.of(probabilities, uniform(seed, textHash));
    return IntStream.range(0, scores.length)
        .filter(label -> scores[label] <= limits[classConditional ? label : 0])
        .boxed()
        .sorted((a, b) -> Double.compare(probabilities[b], probabilities[a]))
        .mapToInt(label -> label)
        .toArray();
  }

  private double[] ofCoverage(double coverage) {
    double[] found = thresholds.get(coverage);
    if (found == null) {
      throw new IllegalArgumentException(
          "coverage " + coverage + ": calibrated for " + coverages() + " alone");
    }
    return found;
  }

  /**
   * A number from 0 to 1, below 1, of a text's hash and a seed: the finalizer of SplitMix64 (Steele
   * et al., 2014) spreads them over 53 bits.
   */
  public static double uniform(long seed, long textHash) {
    long z = textHash + (seed + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return ((z ^ z >>> 31) >>> 11) * 0x1p-53;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PredictionSets o
        && score.equals(o.score)
        && seed == o.seed
        && classConditional == o.classConditional
        && thresholds.keySet().equals(o.thresholds.keySet())
        && thresholds.keySet().stream()
            .allMatch(c -> Arrays.equals(thresholds.get(c), o.thresholds.get(c)));
  }

  @Override
  public int hashCode() {
    return score.hashCode() * 31 + thresholds.keySet().hashCode();
  }
}
