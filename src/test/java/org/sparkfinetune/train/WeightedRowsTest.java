package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.tokenize.EncodedRow;

/** Trainings of rows that have weights. */
class WeightedRowsTest {
  private static final int ROWS = 40;
  private static final EncodedDataset VALIDATION = TestRows.learnable(20, 4, 2);

  /** Every row in each step, so that data sets of other sizes have the same steps. */
  private static final Object[] WHOLE = {
    "per_device_train_batch_size", 200, "num_train_epochs", 4, "adam_epsilon", 1e-5
  };

  private static EncodedDataset rows(IntToDoubleFunction weight) {
    return TestRows.learnable(ROWS, 4, 1, weight);
  }

  /** Those rows of a data set that are chosen, as often as is said. */
  private static EncodedDataset repeated(EncodedDataset data, Map<Long, Integer> times) {
    EncodedDataset.Builder rows = EncodedDataset.builder();
    for (int row = 0; row < data.size(); row++) {
      EncodedRow encoded = new EncodedRow(data.record(row));
      for (int i = 0; i < times.getOrDefault(encoded.position(), 1); i++) {
        rows.add(encoded);
      }
    }
    return rows.build();
  }

  private static Trainings.Outcome train(EncodedDataset rows, Object... settings) {
    try (SequenceClassifier model = Trainings.model(0)) {
      return Trainings.train(
          model,
          Trainings.arguments(settings),
          SingleWorkerGroup.INSTANCE,
          rows,
          VALIDATION,
          progress -> {});
    }
  }

  private static void assertSame(Trainings.Outcome outcome, Trainings.Outcome expected) {
    assertThat(outcome.losses()).hasSameSizeAs(expected.losses());
    expected
        .losses()
        .forEach(
            (step, loss) -> assertThat(outcome.losses().get(step)).isCloseTo(loss, within(1e-5)));
    expected
        .weights()
        .forEach(
            (name, values) ->
                assertThat(outcome.weights().get(name)).containsExactly(values, within(1e-4f)));
    assertThat(outcome.result().metrics().get("train_loss"))
        .isCloseTo(expected.result().metrics().get("train_loss"), within(1e-5));
  }

  private static float[] first(Trainings.Outcome outcome) {
    return outcome.weights().values().iterator().next();
  }

  @Test
  void aWeightOfZeroLeavesARowOutOfTheLoss() {
    Trainings.Outcome weighted = train(rows(row -> row % 3 == 0 ? 0 : 1), WHOLE);
    EncodedDataset all = rows(row -> row % 3 == 0 ? 0 : 1);
    EncodedDataset.Builder others = EncodedDataset.builder();
    for (int row = 0; row < all.size(); row++) {
      EncodedRow encoded = new EncodedRow(all.record(row));
      // Rows of weight 1 are those without one.
      if (encoded.position() == encoded.fingerprint()) {
        others.add(encoded);
      }
    }
    EncodedDataset without = others.build();
    assertThat(without.size()).isEqualTo(ROWS - 14);
    assertSame(weighted, train(without, WHOLE));
    assertThat(first(weighted)).isNotEqualTo(first(train(rows(row -> 1), WHOLE)));
  }

  @Test
  void aWeightOfTwoIsTheRowTwice() {
    Map<Long, Integer> twice = new HashMap<>();
    EncodedDataset weighted = rows(row -> row % 5 == 0 ? 2 : 1);
    for (int row = 0; row < weighted.size(); row++) {
      EncodedRow encoded = new EncodedRow(weighted.record(row));
      if (encoded.position() != encoded.fingerprint()) {
        twice.put(encoded.position(), 2);
      }
    }
    assertThat(twice).hasSize(8);
    EncodedDataset unweighted = rows(row -> 1);
    EncodedDataset repeated = repeated(unweighted, twice);
    assertThat(repeated.size()).isEqualTo(ROWS + 8);
    Trainings.Outcome outcome = train(weighted, WHOLE);
    // The losses are means: a row that is there twice counts twice in them too.
    assertSame(outcome, train(repeated, WHOLE));
    assertThat(first(outcome)).isNotEqualTo(first(train(unweighted, WHOLE)));
  }

  @Test
  void onlyTheWeightsRatiosCount() {
    Trainings.Outcome expected = train(rows(row -> 1), "per_device_train_batch_size", 8);
    // A power of two changes no digit of what is computed.
    Trainings.Outcome outcome = train(rows(row -> 0.25), "per_device_train_batch_size", 8);
    assertSame(outcome, expected);
  }

  /** Which rows are in a batch is no matter of their weights. */
  @Test
  void rowsKeepTheirOrder() {
    EncodedDataset unweighted = rows(row -> 1);
    EncodedDataset weighted = rows(row -> row);
    for (int row = 0; row < ROWS; row++) {
      EncodedRow plain = new EncodedRow(unweighted.record(row));
      EncodedRow encoded = new EncodedRow(weighted.record(row));
      assertThat(encoded.position()).isEqualTo(plain.position());
      assertThat(weighted.labels(row)).isEqualTo(unweighted.labels(row));
      assertThat(weighted.length(row)).isEqualTo(unweighted.length(row));
      assertThat(weighted.batch(new int[] {row}, 0).inputIds())
          .isEqualTo(unweighted.batch(new int[] {row}, 0).inputIds());
    }
  }

  @Test
  void aStepWhoseRowsAllWeighNothingLearnsNothing() {
    Object[] settings = {
      "per_device_train_batch_size",
      1,
      "optim",
      "sgd",
      "momentum",
      0.0,
      "weight_decay",
      0.0,
      "num_train_epochs",
      1,
      "learning_rate",
      0.01
    };
    Trainings.Outcome outcome = train(rows(row -> row == 7 ? 3 : 0), settings);
    assertThat(outcome.losses()).hasSize(1);
    double loss = outcome.losses().values().iterator().next();
    assertThat(loss).isGreaterThan(0.5);
    assertThat(outcome.result().metrics().get("train_loss")).isEqualTo(loss);
    for (float[] values : outcome.weights().values()) {
      for (float value : values) {
        assertThat(value).isFinite();
      }
    }
  }

  @Test
  void otherWeightsAreOtherRowsToACheckpoint(@TempDir Path folder) {
    Object[] settings = {
      "per_device_train_batch_size",
      8,
      "num_train_epochs",
      1,
      "save_strategy",
      "epoch",
      "resume",
      true,
      "checkpoint_dir",
      folder.toString()
    };
    IntToDoubleFunction weight = row -> row == 3 ? 0.5 : 1;
    Trainings.Outcome outcome = train(rows(weight), settings);
    assertThat(train(rows(weight), settings).losses()).isEqualTo(outcome.losses());
    for (IntToDoubleFunction other :
        List.<IntToDoubleFunction>of(row -> 1, row -> row == 3 ? 0.75 : 1, row -> 0.5)) {
      assertThatThrownBy(() -> train(rows(other), settings))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is of other training rows (or other token ids, labels, weights");
    }
  }

  @Test
  void weightsThatAreNoneAreRefused() {
    for (float weight : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> EncodedRow.of(new int[] {1}, 1, new int[] {0}, weight))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("A row's weight must be finite and not below 0: " + weight);
    }
    assertThat(EncodedRow.weights(List.of(new int[] {1, 1, 0, 9}))).isNull();
    EncodedRow half = EncodedRow.of(new int[] {9}, 1, new int[] {2, 0}, 0.5f);
    assertThat(EncodedRow.labels(half.record())).containsExactly(0, 2);
    assertThat(EncodedRow.weights(Arrays.asList(new int[] {1, 1, 0, 9}, half.record())))
        .containsExactly(1, 0.5f);
  }
}
