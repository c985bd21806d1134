package org.sparkfinetune.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.File;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.Strangers;
import org.sparkfinetune.TestWorkers;
import org.sparkfinetune.TestWorkers.Hosts;
import org.sparkfinetune.UserException;

@Tag("slow")
class GlooWorkerGroupTest {
  @ParameterizedTest
  @CsvSource({"1, ONE", "2, ONE", "4, ONE", "2, SEVERAL", "4, SEVERAL"})
  void sumsAreThoseOfAllWorkersAndTheSameForEach(int size, Hosts hosts) throws Exception {
    List<double[]> sums =
        TestWorkers.run(
            size, hosts, workers -> workers.allReduceSum(new double[] {1, workers.rank() + 0.25}));
    double expected = size * (size - 1) / 2.0 + 0.25 * size;
    assertThat(sums).hasSize(size).allMatch(sum -> sum[0] == size && sum[1] == expected);
    assertThat(
            TestWorkers.run(
                size, hosts, workers -> workers.allReduceSum(new int[] {workers.rank()})[0]))
        .containsOnly(size * (size - 1) / 2);
    assertThat(TestWorkers.run(size, hosts, workers -> workers.allReduceSum(new int[0])))
        .allMatch(s -> s.length == 0);
    // More than goes through at once, by no round number.
    int[] many = IntStream.range(0, 1_000_003).toArray();
    for (int[] sum : TestWorkers.run(size, hosts, workers -> workers.allReduceSum(many.clone()))) {
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
                      workers.allReduceSum(new int[] {1});
                      workers.heartbeat(7);
                      return workers.rank() == 1 ? new int[0] : workers.allReduceSum(new int[] {1});
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
                      workers.heartbeat(3);
                      workers.allReduceSum(new int[] {1});
                      if (workers.rank() == 1) {
                        // It lives, and does not get any further.
                        over.await(30, TimeUnit.SECONDS);
                        return null;
                      }
                      workers.heartbeat(4);
                      try {
                        return workers.allReduceSum(new int[] {1});
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

  /** Whoever it is, the first worker with the store too, and whoever hears of it late. */
  @ParameterizedTest
  @CsvSource({"ONE, 0", "ONE, 1", "SEVERAL, 0", "SEVERAL, 1"})
  void whatAWorkerLeavesForIsTheFailureOfAll(Hosts hosts, int leaving) throws Exception {
    String message = "the folder /ä cannot be written to";
    List<String> failures =
        TestWorkers.run(
            3,
            hosts,
            Duration.ofSeconds(20),
            workers -> {
              workers.allReduceSum(new int[] {1});
              if (workers.rank() == leaving) {
                workers.fail(message);
                return message;
              }
              Thread.sleep(workers.rank() * 300L);
              UserException failure =
                  catchThrowableOfType(
                      UserException.class, () -> workers.allReduceSum(new int[] {1}));
              return failure.getMessage();
            });
    assertThat(failures).hasSize(3).containsOnly(message);
  }

  /** On one host nothing listens any more; on several what does takes no notice. */
  @ParameterizedTest
  @EnumSource
  @EnabledOnOs(OS.LINUX)
  void strangersNeitherStallNorEndAnOperation(Hosts hosts) throws Exception {
    long process = ProcessHandle.current().pid();
    List<InetSocketAddress> before = Strangers.listening(process);
    CyclicBarrier met = new CyclicBarrier(2);
    List<Strangers> crowds = new ArrayList<>();
    try {
      List<Double> sums =
          TestWorkers.run(
              2,
              hosts,
              workers -> {
                met.await();
                if (workers.rank() == 0) {
                  List<InetSocketAddress> listening = Strangers.listening(process);
                  listening.removeAll(before);
                  assertThat(listening).hasSize(hosts == Hosts.ONE ? 0 : 2);
                  assertThat(listening)
                      .extracting(address -> address.getAddress().getHostAddress())
                      .isSubsetOf(hosts.of(2));
                  int files = count("fd");
                  crowds.add(Strangers.crowd(listening, 100));
                  int connected = crowds.get(0).connected();
                  assertThat(connected).isEqualTo(100 * listening.size());
                  // Theirs are open files of this process too; nothing has accepted them.
                  assertThat(count("fd") - files).isLessThan(connected + 50);
                }
                double sum = 0;
                for (int i = 0; i < 100; i++) {
                  sum += workers.allReduceSum(new double[] {workers.rank() + 1})[0];
                }
                return sum;
              });
      assertThat(sums).containsExactly(300.0, 300.0);
    } finally {
      for (Strangers crowd : crowds) {
        crowd.close();
      }
    }
  }

  @Test
  void aReducerKeepsNothingOfThePassesThatItHasAveraged() throws Exception {
    TestWorkers.run(
        2,
        Hosts.SEVERAL,
        workers -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor weight = torch.ones(10).set_requires_grad(true);
            Tensor other = torch.ones(1_000_000).set_requires_grad(true);
            List<Long> references = new ArrayList<>();
            try (GradientReducer reducer = workers.reducer(List.of(weight, other), false)) {
              assertThat(reducer).isInstanceOf(BucketedReducer.class);
              for (int pass = 0; pass < 4; pass++) {
                reducer.beforeBackward();
                try (PointerScope ofPass = new PointerScope()) {
                  weight.sum().add(other.sum()).backward();
                }
                reducer.afterBackward();
                references.add(weight.use_count());
              }
            }
            assertThat(references).containsOnly(references.get(0));
            return null;
          }
        });
  }

  /**
   * The first fails as the workers cannot tell each other where they are, then as one is nowhere.
   */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aMeetingThatFailsLeavesNoThreadsAndSockets() throws Exception {
    Duration timeout = Duration.ofSeconds(5);
    List<String> hosts = List.of("127.0.0.1", "192.0.2.1");
    Secret secret = Secret.random();
    // Six meetings that each left one would be more than what the JVM starts and opens meanwhile,
    // as a compiler's thread.
    int threads = count("task") + 3;
    int files = count("fd") + 3;
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () ->
                  GlooWorkerGroup.join(
                      0,
                      hosts,
                      own -> {
                        throw new IllegalStateException("nobody comes");
                      },
                      false,
                      timeout))
          .hasMessage("nobody comes");
      try (ServedStore server = new ServedStore(hosts.get(0), secret, 1)) {
        String address = hosts.get(0) + " " + server.address().getPort() + " " + secret.hex();
        assertThatThrownBy(
                () -> GlooWorkerGroup.join(1, hosts, own -> List.of(address, own), false, timeout))
            .hasMessageContaining(hosts.get(1));
      }
    }
    assertThat(
            ChildJvm.waitUntil(
                () -> count("task") <= threads && count("fd") <= files, Duration.ofSeconds(5)))
        .as("threads %d, then %d; files %d, then %d", threads, count("task"), files, count("fd"))
        .isTrue();
  }

  private static int count(String kind) {
    return Objects.requireNonNull(new File("/proc/self/" + kind).list()).length;
  }
}
