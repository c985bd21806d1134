package org.sparkfinetune.finetune;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * Rows that are far from each other, one after the other: each round is a Spark job that measures
 * how far every row is from the one chosen last, and finds the next one. One row a partition comes
 * to the driver. Which rows are chosen does not depend on the partitions.
 */
final class DiverseRows {
  /** After so many rounds Spark forgets how the distances came about: its plan would not end. */
  private static final int FORGET = 20;

  /** What far means. */
  enum Kind {
    /**
     * k-center greedy (Sener and Savarese, "Active Learning for Convolutional Neural Networks: A
     * Core-Set Approach", 2018): the row that is farthest from all that are chosen, by the
     * Euclidean distance of the pooled vectors. The first is any, by the seed.
     */
    CORE_SET,
    /**
     * BADGE (Ash et al., "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds",
     * 2020): k-means++ on the gradients of the last layer by the predicted label, whose length is
     * how unsure the model is. The first is the longest one; the next are drawn by the squared
     * distance from those that are chosen.
     */
    BADGE
  }

  /**
   * A row that was chosen.
   *
   * @param distance from the nearest one that was chosen before it; of the first the length of its
   *     gradient, or NaN
   */
  record Pick(long id, double distance) {}

  /**
   * The rows of a partition.
   *
   * @param residuals by row the gradient of the loss by the logits; of {@code CORE_SET} {1}
   */
  private record Block(long[] ids, float[][] features, double[][] residuals)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * A row of a partition.
   *
   * @param key the larger, the sooner it is chosen
   */
  private record Candidate(double key, long id, double squared, float[] features, double[] residual)
      implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The one that is chosen: of equal ones the one of the lower id. */
    static Candidate better(Candidate one, Candidate other) {
      if (one == null || other == null) {
        return one == null ? other : one;
      }
      int order = Double.compare(one.key, other.key);
      return order > 0 || order == 0 && one.id < other.id ? one : other;
    }
  }

  private final Kind kind;
  private final long seed;

  /**
   * @param seed of the first row, or of what is drawn
   */
  DiverseRows(Kind kind, long seed) {
    this.kind = kind;
    this.seed = seed;
  }

  /**
   * Chooses.
   *
   * @param rows columns {@code id} (a long, different in each row), {@code features} (a vector) and
   *     {@code probabilities} (an array of doubles), in this order
   * @param sets whether these are each of a label of its own
   * @param budget how many to choose; no more than there are rows
   */
  List<Pick> choose(Dataset<Row> rows, boolean sets, int budget) {
    Kind by = kind;
    JavaRDD<Block> blocks =
        rows.javaRDD().mapPartitions(part -> List.of(block(part, by, sets)).iterator());
    blocks.persist(StorageLevel.MEMORY_AND_DISK());
    List<Pick> picks = new ArrayList<>();
    JavaRDD<double[]> nearest = blocks.map(block -> unmeasured(block, by));
    nearest.persist(StorageLevel.MEMORY_AND_DISK());
    try {
      for (int round = 0; round < budget; round++) {
        if (round % FORGET == FORGET - 1) {
          nearest.rdd().localCheckpoint();
        }
        Candidate next = next(blocks, nearest, round);
        boolean measured = round > 0 || kind == Kind.BADGE;
        picks.add(new Pick(next.id(), measured ? Math.sqrt(next.squared()) : Double.NaN));
        boolean first = round == 0;
        JavaRDD<double[]> before = nearest;
        nearest =
            blocks
                .zipPartitions(
                    before, (block, far) -> measured(block.next(), far.next(), next, first))
                .persist(StorageLevel.MEMORY_AND_DISK());
        if (round + 1 < budget) {
          nearest.count();
        }
        before.unpersist();
      }
      return picks;
    } finally {
      nearest.unpersist();
      blocks.unpersist();
    }
  }

  private static Block block(Iterator<Row> rows, Kind kind, boolean sets) {
    List<Row> all = new ArrayList<>();
    rows.forEachRemaining(all::add);
    long[] ids = new long[all.size()];
    float[][] features = new float[all.size()][];
    double[][] residuals = new double[all.size()][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = all.get(i).getLong(0);
      double[] vector = ((Vector) all.get(i).get(1)).toArray();
      features[i] = new float[vector.length];
      for (int k = 0; k < vector.length; k++) {
        features[i][k] = (float) vector[k];
      }
      residuals[i] =
          kind == Kind.BADGE
              ? residual(all.get(i).<Double>getList(2).stream().mapToDouble(p -> p).toArray(), sets)
              : new double[] {1};
    }
    return new Block(ids, features, residuals);
  }

  /** The probabilities less 1 for what is predicted. */
  static double[] residual(double[] probabilities, boolean sets) {
    double[] residual = probabilities.clone();
    int best = 0;
    for (int k = 0; k < residual.length; k++) {
      best = probabilities[k] > probabilities[best] ? k : best;
      residual[k] -= sets && probabilities[k] >= 0.5 ? 1 : 0;
    }
    if (!sets) {
      residual[best] -= 1;
    }
    return residual;
  }

  /** What the first one is chosen by. */
  private static double[] unmeasured(Block block, Kind kind) {
    double[] far = new double[block.ids.length];
    for (int i = 0; i < far.length; i++) {
      far[i] =
          kind == Kind.BADGE
              ? dot(block.features[i], block.features[i])
                  * dot(block.residuals[i], block.residuals[i])
              : Double.POSITIVE_INFINITY;
    }
    return far;
  }

  private Candidate next(JavaRDD<Block> blocks, JavaRDD<double[]> nearest, int round) {
    long draw = seed + round;
    Kind by = kind;
    return blocks
        .zipPartitions(
            nearest,
            (block, far) -> {
              Candidate best = best(block.next(), far.next(), by, draw, round == 0);
              return best == null ? List.<Candidate>of().iterator() : List.of(best).iterator();
            })
        .reduce(Candidate::better);
  }

  private static Candidate best(Block block, double[] far, Kind kind, long draw, boolean first) {
    Candidate best = null;
    for (int i = 0; i < far.length; i++) {
      if (far[i] >= 0) {
        double key = key(far[i], block.ids[i], kind, draw, first);
        best =
            Candidate.better(
                best,
                new Candidate(key, block.ids[i], far[i], block.features[i], block.residuals[i]));
      }
    }
    return best;
  }

  /** By Gumbel's trick the largest key is a draw whose probability is the squared distance. */
  private static double key(double far, long id, Kind kind, long draw, boolean first) {
    if (kind == Kind.BADGE) {
      return first ? far : Math.log(far) - Math.log(-Math.log(uniform(draw, id)));
    }
    return first ? uniform(draw, id) : far;
  }

  /** A number between 0 and 1 that is each row's own: the finalizer of SplitMix64. */
  static double uniform(long draw, long id) {
    long z = id + draw * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return ((z >>> 11) + 0.5) * 0x1p-53;
  }

  /** The squared distances from the nearest that is chosen; -1 of those that are. */
  private static Iterator<double[]> measured(
      Block block, double[] before, Candidate chosen, boolean first) {
    double[] far = Arrays.copyOf(before, before.length);
    double ofChosen = dot(chosen.features, chosen.features) * dot(chosen.residual, chosen.residual);
    for (int i = 0; i < far.length; i++) {
      if (block.ids[i] == chosen.id) {
        far[i] = -1;
      } else if (far[i] >= 0) {
        double own =
            dot(block.features[i], block.features[i]) * dot(block.residuals[i], block.residuals[i]);
        double both =
            dot(block.features[i], chosen.features) * dot(block.residuals[i], chosen.residual);
        double squared = Math.max(0, own + ofChosen - 2 * both);
        far[i] = first ? squared : Math.min(far[i], squared);
      }
    }
    return List.of(far).iterator();
  }

  private static double dot(float[] one, float[] other) {
    double sum = 0;
    for (int k = 0; k < one.length; k++) {
      sum += (double) one[k] * other[k];
    }
    return sum;
  }

  private static double dot(double[] one, double[] other) {
    double sum = 0;
    for (int k = 0; k < one.length; k++) {
      sum += one[k] * other[k];
    }
    return sum;
  }
}
