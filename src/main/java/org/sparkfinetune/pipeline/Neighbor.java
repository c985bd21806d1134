package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A training row beside another row. The nearest one is the least; where two are as near, text and
 * labels decide, so that the order is the same wherever the rows lie.
 */
final class Neighbor implements Serializable, Comparable<Neighbor> {
  private static final long serialVersionUID = 1L;

  private static final Comparator<Neighbor> ORDER =
      Comparator.comparingDouble((Neighbor neighbor) -> -neighbor.similarity)
          .thenComparing(neighbor -> neighbor.texts, Arrays::compare)
          .thenComparing(neighbor -> neighbor.labels, Arrays::compare);

  /** The text, of a pair both. */
  final String[] texts;

  /** Its own. */
  final String[] labels;

  /** What the model predicts. */
  final String[] prediction;

  /** The cosine of the two pooled vectors. */
  final double similarity;

  /** See {@link NeighborColumns#NEIGHBORS}; NaN where the model does not know a label. */
  final double influence;

  Neighbor(
      String[] texts, String[] labels, String[] prediction, double similarity, double influence) {
    this.texts = texts;
    this.labels = labels;
    this.prediction = prediction;
    this.similarity = similarity;
    this.influence = influence;
  }

  @Override
  public int compareTo(Neighbor other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Neighbor neighbor && compareTo(neighbor) == 0;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(texts) * 31 + Arrays.hashCode(labels);
  }

  /** Adds one in its place, and drops what is behind the {@code most} nearest. */
  static void add(List<Neighbor> nearest, Neighbor more, int most) {
    int at = nearest.size();
    while (at > 0 && more.compareTo(nearest.get(at - 1)) < 0) {
      at--;
    }
    nearest.add(at, more);
    if (nearest.size() > most) {
      nearest.remove(most);
    }
  }

  /** The {@code most} nearest of both, which are in order. */
  static ArrayList<Neighbor> merged(List<Neighbor> one, List<Neighbor> other, int most) {
    ArrayList<Neighbor> merged = new ArrayList<>(one);
    other.forEach(neighbor -> add(merged, neighbor, most));
    return merged;
  }
}
