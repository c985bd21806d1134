package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Counts of predictions in {@value #BINS} bins of equal width of their probability, in any number
 * of groups: how many there are, how many were right and what their probabilities add up to. A bin
 * has its lower edge and lacks its upper one, but for the last, as NumPy's histograms and netcal
 * have it.
 *
 * <p>Probabilities are added up in units of 2^-53, so that the sum is the same in whatever order
 * they come, at a fraction of what {@link ExactSum} costs; what a probability has below that is cut
 * off.
 */
final class CalibrationBins implements Serializable {
  private static final long serialVersionUID = 1L;

  /** As many as torchmetrics and the literature have by default. */
  static final int BINS = 15;

  private static final double WIDTH = 1.0 / BINS;

  /** Numbers of one bin in the state. */
  private static final int STATE = 6;

  private static final int LOW_BITS = 26;
  private static final long LOW = (1L << LOW_BITS) - 1;

  /** What is exact as a double in the state. */
  private static final int HIGH_BITS = 40;

  private final int groups;

  /** By group * BINS + bin, where there are any. Its size is that of what was added. */
  private final HashMap<Integer, long[]> held = new HashMap<>();

  // What is held of a bin. The sum is in units of 2^-27, and of 2^-53.
  private static final int ROWS = 0;
  private static final int HITS = 1;
  private static final int HIGH = 2;
  private static final int LOWER = 3;

  /** Of a bin without predictions. */
  private static final long[] NONE = new long[4];

  /** Bins without predictions. */
  CalibrationBins(int groups) {
    this.groups = groups;
    Math.multiplyExact(groups, BINS);
  }

  /** Adds a prediction. */
  void add(int group, double probability, boolean hit) {
    long[] bin = ofPlace(group * BINS + bin(probability));
    bin[ROWS]++;
    bin[HITS] += hit ? 1 : 0;
    long units = (long) (probability * 0x1p53);
    bin[HIGH] += units >>> LOW_BITS;
    bin[LOWER] += units & LOW;
  }

  private long[] ofPlace(int place) {
    return held.computeIfAbsent(place, p -> new long[NONE.length]);
  }

  /** The bin of a probability: edges are {@code i * (1 / 15)}, as of NumPy's linspace. */
  static int bin(double probability) {
    int bin = Math.min((int) (probability * BINS), BINS - 1);
    if (bin > 0 && probability < bin * WIDTH) {
      return bin - 1;
    }
    return bin + 1 < BINS && probability >= (bin + 1) * WIDTH ? bin + 1 : bin;
  }

  /** The number of groups; then of each bin that has some its place, counts and sum. */
  double[] state() {
    double[] state = new double[1 + STATE * held.size()];
    state[0] = groups;
    int at = 1;
    for (Map.Entry<Integer, long[]> entry : held.entrySet()) {
      long[] bin = entry.getValue();
      long carried = bin[HIGH] + (bin[LOWER] >>> LOW_BITS);
      state[at++] = entry.getKey();
      state[at++] = bin[ROWS];
      state[at++] = bin[HITS];
      state[at++] = carried >>> HIGH_BITS;
      state[at++] = carried & ((1L << HIGH_BITS) - 1);
      state[at++] = bin[LOWER] & LOW;
    }
    return state;
  }

  /** Adds others, by their state. */
  void merge(double[] state) {
    Checks.sameLabels(state[0], groups, "groups of bins");
    for (int at = 1; at < state.length; at += STATE) {
      long[] bin = ofPlace((int) state[at]);
      bin[ROWS] += (long) state[at + 1];
      bin[HITS] += (long) state[at + 2];
      bin[HIGH] += ((long) state[at + 3] << HIGH_BITS) + (long) state[at + 4];
      bin[LOWER] += (long) state[at + 5];
    }
  }

  /** The mean over the groups of how far their bins are off, added up over the predictions. */
  double distance() {
    double sum = 0;
    for (int group = 0; group < groups; group++) {
      sum += distance(group);
    }
    return sum / groups;
  }

  private double distance(int group) {
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++) {
      sum += Math.abs(get(group, bin)[HITS] - sum(get(group, bin)));
    }
    return sum;
  }

  private long[] get(int group, int bin) {
    return held.getOrDefault(group * BINS + bin, NONE);
  }

  /** Expected calibration error of a group; 0 without predictions. */
  double error(int group) {
    long rows = IntStream.range(0, BINS).mapToLong(bin -> get(group, bin)[ROWS]).sum();
    return Scores.ratio(distance(group), rows);
  }

  /** The largest error of a bin of a group; 0 without predictions. */
  double maximum(int group) {
    return reliability(group).stream()
        .mapToDouble(bin -> Math.abs(bin.accuracy() - bin.confidence()))
        .max()
        .orElse(0);
  }

  /** What the bins of a group hold, from the lowest probability up. */
  List<ReliabilityBin> reliability(int group) {
    List<ReliabilityBin> reliability = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      long[] of = get(group, bin);
      reliability.add(
          new ReliabilityBin(
              bin * WIDTH,
              bin + 1 == BINS ? 1 : (bin + 1) * WIDTH,
              of[ROWS],
              Scores.ratio(sum(of), of[ROWS]),
              Scores.ratio(of[HITS], of[ROWS])));
    }
    return reliability;
  }

  private static double sum(long[] bin) {
    long carried = bin[HIGH] + (bin[LOWER] >>> LOW_BITS);
    return carried * 0x1p-27 + (bin[LOWER] & LOW) * 0x1p-53;
  }
}
