package io.sparkfinetune.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sparkfinetune.TestWorkers;
import io.sparkfinetune.TestWorkers.Hosts;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchCollectiveTest {
  @ParameterizedTest
  @CsvSource({"1, ONE", "2, ONE", "4, ONE", "2, SEVERAL", "4, SEVERAL"})
  void sumsAreThoseOfAllWorkersAndTheSameForEach(int size, Hosts hosts) throws Exception {
    List<double[]> sums =
        TestWorkers.run(
            size, hosts, workers -> workers.sum(new double[] {1, workers.rank() + 0.25}));
    double expected = size * (size - 1) / 2.0 + 0.25 * size;
    assertThat(sums).hasSize(size).allMatch(sum -> sum[0] == size && sum[1] == expected);
    assertThat(TestWorkers.run(size, hosts, workers -> workers.sum(new int[] {workers.rank()})[0]))
        .containsOnly(size * (size - 1) / 2);
    assertThat(TestWorkers.run(size, hosts, workers -> workers.sum(new int[0])))
        .allMatch(s -> s.length == 0);
    // More than goes through at once, by no round number.
    int[] many = IntStream.range(0, 1_000_003).toArray();
    for (int[] sum : TestWorkers.run(size, hosts, workers -> workers.sum(many.clone()))) {
      assertThat(sum).isEqualTo(Arrays.stream(many).map(number -> size * number).toArray());
    }
  }

  /** Weights of several buckets; the loss of worker r is (r + 1) times the sum of the weights. */
  @ParameterizedTest
  @CsvSource({
    "1, false, ONE",
    "1, true, ONE",
    "2, false, SEVERAL",
    "3, false, SEVERAL",
    "2, true, SEVERAL",
    "3, true, SEVERAL"
  })
  void announcedPassesAverageGradientsAndOthersAddUp(int size, boolean inParts, Hosts hosts)
      throws Exception {
    List<float[]> gradients =
        TestWorkers.run(
            size,
            hosts,
            workers -> {
              try (PointerScope scope = new PointerScope()) {
                Tensor large = torch.ones(1_000_000).set_requires_grad(true);
                Tensor small = torch.ones(3).set_requires_grad(true);
                Tensor larger = torch.ones(7_000_000).set_requires_grad(true);
                float[] seen = new float[4];
                try (GradientReducer reducer =
                    workers.reducer(List.of(large, small, larger), inParts)) {
                  for (int pass = 0; pass < 3; pass++) {
                    if (pass != 1) {
                      reducer.beforeBackward();
                    }
                    Tensor sum = large.sum().add(small.sum()).add(larger.sum());
                    if (inParts) {
                      large.sum().mul(new Scalar(-1.0)).backward();
                      large.sum().backward();
                    }
                    sum.mul(new Scalar(workers.rank() + 1.0)).backward();
                    reducer.afterBackward();
                    seen[pass] = new FloatPointer(larger.mutable_grad().data_ptr()).get(6_999_999);
                    if (pass == 0) {
                      large.mutable_grad().reset();
                      small.mutable_grad().reset();
                      larger.mutable_grad().reset();
                    }
                  }
                  seen[3] = new FloatPointer(small.mutable_grad().data_ptr()).get(2);
                }
                return seen;
              }
            });
    float mean = (size + 1) / 2f;
    for (int rank = 0; rank < size; rank++) {
      assertThat(gradients.get(rank)).containsExactly(mean, rank + 1, 2 * mean, 2 * mean);
    }
  }

  /**
   * The loss of worker r is (r + 1) times the sum of the weights, and an update adds the gradient.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void onOneHostEachWeightIsUpdatedByOneWorkerForAll(int size) throws Exception {
    List<int[]> updatedOf =
        TestWorkers.run(
            size,
            Hosts.ONE,
            workers -> {
              try (PointerScope scope = new PointerScope()) {
                List<Tensor> weights =
                    Stream.of(1_000_000, 3, 2_000_001, 5, 700_000)
                        .map(numbers -> torch.ones(numbers).set_requires_grad(true))
                        .toList();
                int[] updated = new int[weights.size()];
                try (GradientReducer reducer = workers.reducer(weights, false)) {
                  for (int pass = 0; pass < 3; pass++) {
                    reducer.beforeBackward();
                    Tensor sum = torch.zeros(1);
                    for (Tensor weight : weights) {
                      sum = sum.add(weight.sum());
                    }
                    sum.mul(new Scalar(workers.rank() + 1.0)).backward();
                    reducer.afterBackward();
                    reducer.beforeUpdate();
                    try (NoGradGuard guard = new NoGradGuard()) {
                      for (int i = 0; i < updated.length; i++) {
                        Tensor gradient = weights.get(i).mutable_grad();
                        assertThat(gradient.defined()).isEqualTo(reducer.updates(i));
                        if (gradient.defined()) {
                          updated[i]++;
                          weights.get(i).add_(gradient);
                          gradient.reset();
                        }
                      }
                    }
                    reducer.afterUpdate();
                  }
                }
                for (Tensor weight : weights) {
                  assertThat(weight.min().item_float()).isEqualTo(1 + 3 * (size + 1) / 2f);
                  assertThat(weight.max().item_float()).isEqualTo(1 + 3 * (size + 1) / 2f);
                }
                return updated;
              }
            });
    for (int weight = 0; weight < 5; weight++) {
      int number = weight;
      assertThat(updatedOf.stream().mapToInt(updated -> updated[number])).containsOnlyOnce(3);
      assertThat(updatedOf.stream().mapToInt(updated -> updated[number]).sum()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWorkerThatLeavesIsNamed(Hosts hosts) throws Exception {
    Throwable failure =
        catchThrowable(
            () ->
                TestWorkers.run(
                    3,
                    hosts,
                    Duration.ofSeconds(20),
                    workers -> {
                      workers.sum(new int[] {1});
                      workers.reached(7);
                      return workers.rank() == 1 ? new int[0] : workers.sum(new int[] {1});
                    }));
    assertThat(failure)
        .isInstanceOf(WorkerLostException.class)
        .hasMessageContaining("worker 0 on 127.0.0.1 at step 7 has lost the connection")
        .hasMessageContaining(
            "worker 1 on "
                + (hosts == Hosts.ONE ? "127.0.0.1" : "127.0.0.2")
                + " gives no sign of life (last seen at step 7)");
  }

  @ParameterizedTest
  @EnumSource
  void aWorkerThatHangsIsNamedWhenTimeIsUp(Hosts hosts) throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    Throwable failure =
        catchThrowable(
            () ->
                TestWorkers.run(
                    2,
                    hosts,
                    Duration.ofSeconds(2),
                    workers -> {
                      workers.reached(3);
                      workers.sum(new int[] {1});
                      if (workers.rank() == 1) {
                        // It lives, and does not get any further.
                        over.await(30, TimeUnit.SECONDS);
                        return null;
                      }
                      workers.reached(4);
                      try {
                        return workers.sum(new int[] {1});
                      } finally {
                        over.countDown();
                      }
                    }));
    assertThat(failure)
        .isInstanceOf(WorkerLostException.class)
        .hasMessageContaining(
            "worker 0 on 127.0.0.1 at step 4 has waited for another worker for 2 s")
        .hasMessageContaining(
            "worker 1 on "
                + (hosts == Hosts.ONE ? "127.0.0.1" : "127.0.0.2")
                + " lags behind (last seen at step 3)");
  }
}
