package org.sparkfinetune.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class LibtorchTest {
  /** Trainings of one process compute as each alone: bits depend on the number of threads. */
  @Test
  void aThreadKeepsItsNumberWhateverAnotherSets() throws Exception {
    ExecutorService one = Executors.newSingleThreadExecutor();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      one.submit(() -> Libtorch.setThreads(3)).get();
      other.submit(() -> Libtorch.setThreads(2)).get();
      assertThat(
              List.of(
                  one.submit(torch::get_num_threads).get(),
                  other.submit(torch::get_num_threads).get()))
          .containsExactly(3, 2);
    } finally {
      one.shutdownNow();
      other.shutdownNow();
    }
  }
}
