package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Some rows with their pooled vectors and what the model says of them: as many as are compared with
 * others at once, which bounds the memory of a task.
 */
final class VectorBlock implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Similarities have twelve decimals: the noise of the arithmetic is below, also that of fp32
   * where two vectors are nearly the same, as the angle is squared then.
   */
  private static final double STEPS = 1e12;

  private final int width;

  /** Unit vectors, a column each, {@code [width][rows]}; of a vector of zeros zeros. */
  private final double[] directions;

  private final Item[] items;

  private VectorBlock(int width, double[] directions, Item[] items) {
    this.width = width;
    this.directions = directions;
    this.items = items;
  }

  /** A text, or a pair of texts. */
  static final class Item implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String[] texts;
    private final String[][] labelSets;
    private final String[] prediction;
    private final double[] probabilities;
    private final double[] vector;
    private double norm;

    /**
     * @param labelSets of each training row with these texts; none of rows that are compared
     * @param vector the pooled one
     */
    Item(
        String[] texts,
        String[][] labelSets,
        String[] prediction,
        double[] probabilities,
        double[] vector) {
      this.texts = texts;
      this.labelSets = labelSets;
      this.prediction = prediction;
      this.probabilities = probabilities;
      this.vector = vector;
    }

    private Item withoutVector(double length) {
      Item item = new Item(texts, labelSets, prediction, probabilities, null);
      item.norm = length;
      return item;
    }

    String[] texts() {
      return texts;
    }
  }

  /**
   * A block.
   *
   * @param rows at least one
   */
  static VectorBlock of(List<Item> rows) {
    int width = rows.get(0).vector.length;
    double[] directions = new double[rows.size() * width];
    Item[] items = new Item[rows.size()];
    for (int row = 0; row < items.length; row++) {
      double[] vector = rows.get(row).vector;
      double norm = Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
      for (int i = 0; i < width; i++) {
        directions[i * items.length + row] = norm == 0 ? 0 : vector[i] / norm;
      }
      items[row] = rows.get(row).withoutVector(norm);
    }
    return new VectorBlock(width, directions, items);
  }

  int size() {
    return items.length;
  }

  Item item(int row) {
    return items[row];
  }

  /**
   * The nearest training rows of each row here, the nearest first.
   *
   * @param most so many of them
   */
  List<ArrayList<Neighbor>> nearest(VectorBlock training, int most, HeadGradients gradients) {
    double[] cosines = new double[training.items.length];
    List<ArrayList<Neighbor>> found = new ArrayList<>();
    for (int row = 0; row < items.length; row++) {
      cosines(row, training, cosines);
      ArrayList<Neighbor> nearest = new ArrayList<>();
      double[] residual = gradients.residual(items[row].probabilities, items[row].prediction);
      for (int i = 0; i < training.items.length; i++) {
        double cosine = cosines[i];
        // Not -0, which is another number to a comparison.
        double similarity = Math.rint(cosine * STEPS) / STEPS + 0.0;
        if (nearest.size() == most && similarity < nearest.get(most - 1).similarity) {
          continue;
        }
        Item other = training.items[i];
        double product = cosine * items[row].norm * other.norm;
        for (String[] labels : other.labelSets) {
          double influence =
              gradients.product(residual, gradients.residual(other.probabilities, labels), product);
          Neighbor.add(
              nearest,
              new Neighbor(other.texts, labels, other.prediction, similarity, influence),
              most);
        }
      }
      found.add(nearest);
    }
    return found;
  }

  /** Sums in one order whatever the blocks, and in loops that the JVM vectorizes. */
  private void cosines(int row, VectorBlock training, double[] sums) {
    Arrays.fill(sums, 0);
    for (int i = 0; i < width; i++) {
      double own = directions[i * items.length + row];
      int from = i * sums.length;
      for (int other = 0; other < sums.length; other++) {
        sums[other] += own * training.directions[from + other];
      }
    }
  }
}
