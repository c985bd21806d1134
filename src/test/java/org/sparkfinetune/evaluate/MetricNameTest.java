package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MetricNameTest {
  @Test
  void moreIsBetterOrLessIs() {
    assertThat(
            List.of(
                "eval_loss", "loss", "test_hamming_loss", "train_runtime", "train_peak_memory_mb"))
        .allMatch(name -> MetricName.better(name) == Better.LESS);
    assertThat(List.of("eval_f1", "test_f1_micro", "accuracy", "train_samples_per_second"))
        .allMatch(name -> MetricName.better(name) == Better.MORE);
    assertThat(List.of("learning_rate", "grad_norm", "epoch", "glossary", "test_samples"))
        .allMatch(name -> MetricName.better(name) == Better.NEITHER);
  }
}
