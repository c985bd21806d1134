package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.aggregate;
import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.log;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sort_array;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Column;

/**
 * Which unlabeled rows teach a model most (Settles, "Active Learning Literature Survey", 2009):
 * those of the highest utility. Of sets of labels each label is a question of yes or no, and a
 * row's utility is the mean of its labels'.
 */
enum SelectionStrategy {
  /** What the largest probability lacks to 1. */
  LEAST_CONFIDENCE {
    @Override
    Column of(Column probabilities) {
      return lit(1).minus(array_max(probabilities));
    }

    @Override
    Column ofAnswer(Column yes) {
      return lit(1).minus(greatest(yes, lit(1).minus(yes)));
    }
  },
  /** 1 less what the largest probability is above the second. */
  MARGIN {
    @Override
    Column of(Column probabilities) {
      Column sorted = sort_array(probabilities, false);
      return lit(1).minus(element_at(sorted, 1).minus(element_at(sorted, 2)));
    }

    @Override
    Column ofAnswer(Column yes) {
      Column no = lit(1).minus(yes);
      return lit(1).minus(greatest(yes, no).minus(when(yes.lt(no), yes).otherwise(no)));
    }
  },
  /** The entropy of the probabilities, in nats. */
  ENTROPY {
    @Override
    Column of(Column probabilities) {
      return sum(probabilities, SelectionStrategy::surprise);
    }

    @Override
    Column ofAnswer(Column yes) {
      return surprise(yes).plus(surprise(lit(1).minus(yes)));
    }
  },
  /** Rows that are far from each other, {@link DiverseRows.Kind#CORE_SET}. */
  CORE_SET {
    @Override
    Optional<DiverseRows.Kind> diverse() {
      return Optional.of(DiverseRows.Kind.CORE_SET);
    }
  },
  /** Rows that are unsure and far from each other, {@link DiverseRows.Kind#BADGE}. */
  BADGE {
    @Override
    Optional<DiverseRows.Kind> diverse() {
      return Optional.of(DiverseRows.Kind.BADGE);
    }
  },
  /** Any rows, by the seed: what the others are to be compared with. Their utility is null. */
  RANDOM;

  /** How rows are chosen one after the other; empty where each has its utility by itself. */
  Optional<DiverseRows.Kind> diverse() {
    return Optional.empty();
  }

  /** The utility of a row of one label. */
  Column of(Column probabilities) {
    return lit(null).cast("double");
  }

  /** The utility of one label of a set. */
  Column ofAnswer(Column yes) {
    return lit(null).cast("double");
  }

  /**
   * The utility of a row: higher for one that teaches more.
   *
   * @param probabilities an array of doubles, at least two of single labels
   * @param sets whether they are each of a label of its own
   */
  Column utility(Column probabilities, boolean sets) {
    return sets
        ? sum(probabilities, this::ofAnswer).divide(size(probabilities))
        : of(probabilities);
  }

  private static Column sum(Column array, UnaryOperator<Column> term) {
    return aggregate(transform(array, term::apply), lit(0.0), (total, value) -> total.plus(value));
  }

  private static Column surprise(Column p) {
    return when(p.gt(0), p.multiply(log(p)).multiply(-1)).otherwise(0.0);
  }
}
