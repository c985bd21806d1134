package org.sparkfinetune.distributed;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.sparkfinetune.tokenize.EncodedRow;
import scala.Tuple2;

/** A labeled row on its way to its worker. */
record Example(EncodedRow row, boolean validation) implements Serializable {
  /**
   * Gives each worker its share of the rows: those whose {@link EncodedRow#position} is in its part
   * of all positions. Shares are near-equal, whatever the rows' partitions were before, and in the
   * order of workers they are the rows in the order of positions, for any number of workers.
   *
   * @param rows columns {@code input_ids}, {@code second_segment_start}, {@code labels}, {@code
   *     is_validation} and, where rows are weighted, {@code weight}, which those to validate on
   *     have none of
   */
  static JavaRDD<Example> shards(JavaRDD<Row> rows, int workers) {
    return rows.mapToPair(
            row -> {
              Example example = of(row);
              return new Tuple2<>(example.row().position(), example);
            })
        .partitionBy(new ByPosition(workers))
        .values();
  }

  private static Example of(Row row) {
    boolean validation = row.getBoolean(3);
    float weight = row.size() == 4 || validation ? 1 : row.getFloat(4);
    return new Example(
        EncodedRow.of(ints(row, 0), row.getInt(1), ints(row, 2), weight), validation);
  }

  private static int[] ints(Row row, int column) {
    List<Integer> values = row.getList(column);
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Equal parts of all longs, as unsigned numbers. */
  static final class ByPosition extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int parts;

    ByPosition(int parts) {
      this.parts = parts;
    }

    @Override
    public int numPartitions() {
      return parts;
    }

    @Override
    public int getPartition(Object position) {
      // The upper 31 bits are a fraction of 2^31.
      return (int) (((long) position >>> 33) * parts >>> 31);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof ByPosition that && that.parts == parts;
    }

    @Override
    public int hashCode() {
      return parts;
    }
  }
}
