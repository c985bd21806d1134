package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
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
import org.sparkfinetune.evaluate.RowErrors;
import org.sparkfinetune.evaluate.ScoreBlock;
import org.sparkfinetune.evaluate.ScoreBlocks;
import org.sparkfinetune.slice.SlicePlan;
import org.sparkfinetune.slice.SliceSearch;
import org.sparkfinetune.slice.WorstSlices;
import org.sparkfinetune.task.ProblemType;
import scala.Tuple2;

/** Measures predicted rows against their labels, where the rows are. */
final class PredictionMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  /** In the place of a column: what the rows of a slice add up to; of slice i it is SUMS - i. */
  private static final int SUMS = -1;

  /** In the place of a column: a part of the counts of the search for slices. */
  private static final int SEARCHED = Integer.MIN_VALUE;

  /** So many parts these counts are in. */
  private static final int PARTS = 32;

  private final LabeledRows reader;

  /** NaN for none: there is no {@code OptionalDouble} that can be sent. */
  private final double threshold;

  /** Null for none. */
  private final Bootstrap bootstrap;

  private final PlannedSlices slices;

  /** Null for none: there is no {@code Optional} that can be sent. */
  private final PredictionSets sets;

  private PredictionMetrics(
      LabeledRows reader,
      OptionalDouble threshold,
      Optional<Bootstrap> bootstrap,
      PredictionSets sets,
      PlannedSlices slices) {
    this.reader = reader;
    this.sets = sets;
    this.threshold = threshold.orElse(Double.NaN);
    this.bootstrap = bootstrap.orElse(null);
    this.slices = slices;
  }

  /**
   * What rows say by slice.
   *
   * @param slices metrics by the plan's slices; the first is that of all rows
   * @param worst what a search has found; empty for none
   */
  record Measured(List<Metrics> slices, Optional<WorstSlices> worst) {
    Metrics all() {
      return slices.get(SlicePlan.ALL);
    }
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
    return evaluate(
            predicted,
            labelColumn,
            labels,
            problemType,
            threshold,
            bootstrap,
            sets,
            PlannedSlices.NONE)
        .all();
  }

  /**
   * The same by slice.
   *
   * @param slices that were planned for these very rows
   */
  static Measured evaluate(
      Dataset<Row> predicted,
      String labelColumn,
      List<String> labels,
      ProblemType problemType,
      OptionalDouble threshold,
      Optional<Bootstrap> bootstrap,
      Optional<PredictionSets> sets,
      PlannedSlices slices) {
    LabeledRows reader = new LabeledRows(labels, problemType);
    JavaRDD<Row> rows =
        reader.with(
            predicted,
            labelColumn,
            sets.isPresent(),
            slices.struct(name -> col(PredictionColumns.ROW).getField(name)));
    return new PredictionMetrics(reader, threshold, bootstrap, sets.orElse(null), slices)
        .evaluate(rows);
  }

  /**
   * Measures where the rows are, in one pass: what the rows of a slice add up to travels as such,
   * to one task a slice; of the scores, whose order counts, each column goes to one task, which
   * sorts it. The driver gets a few numbers a label.
   */
  private Measured evaluate(JavaRDD<Row> rows) {
    int tasks = Math.max(rows.getNumPartitions(), rows.context().defaultParallelism());
    List<Part> parts =
        rows.mapPartitionsToPair(this::measured)
            .repartitionAndSortWithinPartitions(new HashPartitioner(tasks))
            .mapPartitions(Ranking::new)
            .collect();
    List<Metrics> bySlice = new ArrayList<>();
    for (int slice = 0; slice < slices.plan().slices().size(); slice++) {
      bySlice.add(accumulator().metrics());
    }
    List<RankedScores> ranked = new ArrayList<>();
    Optional<SliceSearch.Counts> searched = slices.search().map(SliceSearch::counts);
    for (Part part : parts) {
      if (part.metrics() != null) {
        bySlice.set(part.slice(), part.metrics());
      } else if (part.ranked() != null) {
        ranked.add(part.ranked());
      } else {
        searched.orElseThrow().merge(part.sums());
      }
    }
    bySlice.set(SlicePlan.ALL, bySlice.get(SlicePlan.ALL).with(ranked));
    return new Measured(bySlice, searched.map(SliceSearch.Counts::worst));
  }

  /** The columns' blocks of a partition's rows, and at its end what they add up to. */
  private Iterator<Tuple2<Integer, Part>> measured(Iterator<Row> rows) {
    Tally tally = new Tally();
    return new Flattened<>() {
      private boolean ended;

      @Override
      List<Tuple2<Integer, Part>> more() {
        while (rows.hasNext() && !tally.blocks.isFull()) {
          tally.add(rows.next());
        }
        List<Tuple2<Integer, Part>> parts = new ArrayList<>();
        tally.blocks.drain().forEach(b -> parts.add(new Tuple2<>(b.column(), Part.of(b))));
        if (!rows.hasNext() && !ended) {
          ended = true;
          tally.addStates(parts);
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

  /** What the rows of a partition are, so far. */
  private final class Tally {
    private final ScoreBlocks blocks = new ScoreBlocks(reader.problemType(), reader.size());
    private final TreeMap<Integer, Sums> bySlice = new TreeMap<>();
    private final RowErrors errors = new RowErrors(reader.problemType(), threshold);
    private final SliceSearch search = slices.search().orElse(null);
    private final SliceSearch.Counts searched = search == null ? null : search.counts();

    Tally() {
      bySlice.put(SlicePlan.ALL, new Sums());
    }

    void add(Row row) {
      int[] labels = reader.labels(row);
      double[] probabilities = reader.probabilities(row);
      int[] ofRow = slices.slices(reader.beside(row));
      for (int slice : ofRow) {
        bySlice.computeIfAbsent(slice, s -> new Sums()).add(labels, probabilities);
      }
      if (sets != null) {
        bySlice.get(SlicePlan.ALL).sets.add(labels[0], probabilities, reader.hash(row));
      }
      if (search != null) {
        searched.add(
            ofRow,
            slices.words(reader.beside(row)),
            errors.isWrong(labels, probabilities),
            search.needsLosses() ? errors.loss(labels, probabilities) : Double.NaN);
      }
      blocks.add(labels, probabilities);
    }

    void addStates(List<Tuple2<Integer, Part>> parts) {
      bySlice.forEach(
          (slice, sums) -> parts.add(new Tuple2<>(SUMS - slice, Part.of(sums.state()))));
      if (searched != null) {
        List<double[]> states = searched.states(PARTS);
        for (int part = 0; part < PARTS; part++) {
          parts.add(new Tuple2<>(SEARCHED + part, Part.of(states.get(part))));
        }
      }
    }
  }

  /** What the rows of a slice add up to. */
  private final class Sums {
    private final MetricsAccumulator metrics = accumulator();
    private final IntervalAccumulator intervals =
        Accumulators.ofIntervals(reader.problemType(), reader.size(), threshold);

    /** Null for none. */
    private final SetCounts sets =
        PredictionMetrics.this.sets == null ? null : new SetCounts(PredictionMetrics.this.sets);

    void add(int[] labels, double[] probabilities) {
      metrics.add(labels, probabilities);
      if (bootstrap != null) {
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

    Metrics metrics(int slice) {
      Metrics measured = metrics.metrics();
      if (sets != null && slice == SlicePlan.ALL) {
        measured = measured.withPredictionSets(sets.result());
      }
      if (bootstrap == null) {
        return measured;
      }
      // Nobody has chosen how many rows of a label a slice has.
      Bootstrap draws = slice == SlicePlan.ALL ? bootstrap : bootstrap.together();
      return measured.with(intervals.intervals(draws));
    }
  }

  /** What travels: the states of sums, a block of scores, or what was made of one of them. */
  private record Part(
      List<double[]> states, ScoreBlock block, RankedScores ranked, int slice, Metrics metrics)
      implements Serializable {
    static Part of(List<double[]> sums) {
      return new Part(sums, null, null, SUMS, null);
    }

    static Part of(double[] searched) {
      return of(List.of(searched));
    }

    static Part of(ScoreBlock block) {
      return new Part(null, block, null, SUMS, null);
    }

    static Part of(RankedScores ranked) {
      return new Part(null, null, ranked, SUMS, null);
    }

    static Part of(int slice, Metrics metrics) {
      return new Part(null, null, null, slice, metrics);
    }

    double[] sums() {
      return states.get(0);
    }
  }

  /** Ranks column after column of parts that come by column, and adds up slice after slice. */
  private final class Ranking extends Flattened<Part> {
    private final Iterator<Tuple2<Integer, Part>> parts;

    /** Null at the end. */
    private Tuple2<Integer, Part> next;

    Ranking(Iterator<Tuple2<Integer, Part>> parts) {
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
      if (column >= 0) {
        List<ScoreBlock> blocks = new ArrayList<>();
        while (next != null && next._1() == column) {
          blocks.add(advance().block());
        }
        return List.of(Part.of(RankedScores.of(column, reader.size(), blocks)));
      } else if (column < SEARCHED + PARTS) {
        SliceSearch.Counts counts = slices.search().orElseThrow().counts();
        while (next != null && next._1() == column) {
          counts.merge(advance().sums());
        }
        return List.of(Part.of(counts.states(1).get(0)));
      }
      Sums all = new Sums();
      while (next != null && next._1() == column) {
        all.merge(advance().states());
      }
      return List.of(Part.of(SUMS - column, all.metrics(SUMS - column)));
    }
  }
}
