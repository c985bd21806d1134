package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MetricDirectionTest {
  @Test
  void moreIsBetterOrLessIs() {
    assertThat(
            List.of(
                "eval_loss", "loss", "test_hamming_loss", "train_runtime", "train_peak_memory_mb"))
        .allMatch(name -> MetricDirection.of(name) < 0);
    assertThat(List.of("eval_f1", "test_f1_micro", "accuracy", "train_samples_per_second"))
        .allMatch(name -> MetricDirection.of(name) > 0);
    assertThat(List.of("learning_rate", "grad_norm", "epoch", "glossary", "test_samples"))
        .allMatch(name -> MetricDirection.of(name) == 0);
  }
}
