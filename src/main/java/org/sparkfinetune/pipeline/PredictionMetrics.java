package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.conformal.PredictionSets;
import org.sparkfinetune.conformal.SetCounts;
import org.sparkfinetune.evaluate.Accumulators;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.IntervalAccumulator;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MetricsAccumulator;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.ScoreBlock;
import org.sparkfinetune.evaluate.ScoreBlocks;
import org.sparkfinetune.task.ProblemType;
import scala.Tuple2;

/** Measures predicted rows against their labels, where the rows are. */
final class PredictionMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  /** In the place of a column: what rows add up to. */
  private static final int SUMS = -1;

  private final LabeledRows reader;

  /** NaN for none: there is no {@code OptionalDouble} that can be sent. */
  private final double threshold;

  private final boolean withIntervals;

  /** Null for none: there is no {@code Optional} that can be sent. */
  private final PredictionSets sets;

  private PredictionMetrics(
      LabeledRows reader, OptionalDouble threshold, boolean withIntervals, PredictionSets sets) {
    this.reader = reader;
    this.sets = sets;
    this.threshold = threshold.orElse(Double.NaN);
    this.withIntervals = withIntervals;
  }

  /**
   * The metrics of rows.
   *
   * @param predicted what {@link PredictionColumns#vectors} gives of rows with {@code labelColumn},
   *     whose values are all among {@code labels}
   * @param labels the label names, by index
   * @param threshold the probability from which on a label is predicted; empty for single-label
   * @param bootstrap how the intervals are drawn; empty for none
   * @param sets the model's prediction sets; empty for none
   */
  static Metrics evaluate(
      Dataset<Row> predicted,
      String labelColumn,
      List<String> labels,
      ProblemType problemType,
      OptionalDouble threshold,
      Optional<Bootstrap> bootstrap,
      Optional<PredictionSets> sets) {
    LabeledRows reader = new LabeledRows(labels, problemType);
    JavaRDD<Row> rows =
        sets.isPresent()
            ? reader.hashed(predicted, labelColumn)
            : reader.of(predicted, labelColumn);
    return new PredictionMetrics(reader, threshold, bootstrap.isPresent(), sets.orElse(null))
        .evaluate(rows, bootstrap);
  }

  /**
   * Measures where the rows are: what rows add up to travels as such; of the scores, whose order
   * counts, each column goes to one task, which sorts it. The driver gets a few numbers a label.
   */
  private Metrics evaluate(JavaRDD<Row> rows, Optional<Bootstrap> bootstrap) {
    int labels = reader.size();
    int tasks = Math.max(rows.getNumPartitions(), rows.context().defaultParallelism());
    List<Part> parts =
        rows.mapPartitionsToPair(this::measured)
            .repartitionAndSortWithinPartitions(new HashPartitioner(tasks))
            .mapPartitions(columns -> new Ranking(labels, columns))
            .collect();
    Sums all = new Sums();
    List<RankedScores> ranked = new ArrayList<>();
    for (Part part : parts) {
      if (part.sums() != null) {
        all.merge(part.sums());
      } else {
        ranked.add(part.ranked());
      }
    }
    Metrics metrics = all.metrics.metrics().with(ranked);
    if (sets != null) {
      metrics = metrics.withPredictionSets(all.sets.result());
    }
    return bootstrap.isPresent() ? metrics.with(all.intervals.intervals(bootstrap.get())) : metrics;
  }

  /** The columns' blocks of a partition's rows, and at its end what they add up to. */
  private Iterator<Tuple2<Integer, Part>> measured(Iterator<Row> rows) {
    Sums sums = new Sums();
    ScoreBlocks blocks = new ScoreBlocks(reader.problemType(), reader.size());
    return new Flattened<>() {
      private boolean ended;

      @Override
      List<Tuple2<Integer, Part>> more() {
        while (rows.hasNext() && !blocks.isFull()) {
          add(sums, blocks, rows.next());
        }
        List<Tuple2<Integer, Part>> parts = new ArrayList<>();
        blocks.drain().forEach(b -> parts.add(new Tuple2<>(b.column(), Part.of(b))));
        if (!rows.hasNext() && !ended) {
          ended = true;
          parts.add(new Tuple2<>(SUMS, Part.of(sums.state())));
        }
        return parts;
      }
    };
  }

  private MetricsAccumulator accumulator() {
    OptionalDouble given =
        Double.isNaN(threshold) ? OptionalDouble.empty() : OptionalDouble.of(threshold);
    return Accumulators.of(reader.problemType(), reader.size(), given);
  }

  private void add(Sums sums, ScoreBlocks blocks, Row row) {
    int[] labels = reader.labels(row);
    double[] probabilities = reader.probabilities(row);
    sums.add(labels, probabilities);
    if (sets != null) {
      sums.sets.add(labels[0], probabilities, reader.hash(row));
    }
    blocks.add(labels, probabilities);
  }

  /** What rows add up to. */
  private final class Sums {
    private final MetricsAccumulator metrics = accumulator();
    private final IntervalAccumulator intervals =
        Accumulators.ofIntervals(reader.problemType(), reader.size(), threshold);

    /** Null for none. */
    private final SetCounts sets =
        PredictionMetrics.this.sets == null ? null : new SetCounts(PredictionMetrics.this.sets);

    void add(int[] labels, double[] probabilities) {
      metrics.add(labels, probabilities);
      if (withIntervals) {
        intervals.add(labels, probabilities);
      }
    }

    List<double[]> state() {
      return List.of(
          metrics.state(), intervals.state(), sets == null ? new double[0] : sets.state());
    }

    void merge(List<double[]> state) {
      metrics.merge(state.get(0));
      intervals.merge(state.get(1));
      if (sets != null) {
        sets.merge(state.get(2));
      }
    }
  }

  /** What travels: one of three. */
  private record Part(List<double[]> sums, ScoreBlock block, RankedScores ranked)
      implements Serializable {
    static Part of(List<double[]> sums) {
      return new Part(sums, null, null);
    }

    static Part of(ScoreBlock block) {
      return new Part(null, block, null);
    }

    static Part of(RankedScores ranked) {
      return new Part(null, null, ranked);
    }
  }

  /** Ranks column after column of parts that come by column, and lets sums pass. */
  private static final class Ranking extends Flattened<Part> {
    private final int labels;
    private final Iterator<Tuple2<Integer, Part>> parts;

    /** Null at the end. */
    private Tuple2<Integer, Part> next;

    Ranking(int labels, Iterator<Tuple2<Integer, Part>> parts) {
      this.labels = labels;
      this.parts = parts;
      advance();
    }

    private Part advance() {
      Part part = next == null ? null : next._2();
      next = parts.hasNext() ? parts.next() : null;
      return part;
    }

    @Override
    List<Part> more() {
      if (next == null) {
        return List.of();
      }
      int column = next._1();
      if (column == SUMS) {
        return List.of(advance());
      }
      List<ScoreBlock> blocks = new ArrayList<>();
      while (next != null && next._1() == column) {
        blocks.add(advance().block());
      }
      return List.of(Part.of(RankedScores.of(column, labels, blocks)));
    }
  }
}
