package org.sparkfinetune;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.sparkfinetune.collective.GlooWorkerGroup;
import org.sparkfinetune.collective.TextExchange;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.torch.Libtorch;

/** Several workers in one JVM, each a thread with real ties to the others. */
public final class TestWorkers {
  private TestWorkers() {}

  /** Where the workers are, which decides how they reach each other. */
  public enum Hosts {
    /** On one, where they share memory. */
    ONE,
    /** Each on its own, by addresses of this machine's: they have sockets alone. */
    SEVERAL;

    /** The addresses of so many workers. */
    public List<String> of(int size) {
      return IntStream.rangeClosed(1, size)
          .mapToObj(number -> "127.0.0." + (this == ONE ? 1 : number))
          .toList();
    }
  }

  /** What a worker does. */
  public interface Work<R> {
    /** With the ends of its ties left to the caller. */
    R run(WorkerGroup workers) throws Exception;
  }

  /** Runs on so many workers and gives their results by rank; the first failure is thrown. */
  public static <R> List<R> run(int size, Hosts hosts, Work<R> work) throws Exception {
    return run(size, hosts, Duration.ofSeconds(60), work);
  }

  /** The same with a timeout of the workers' operations. */
  public static <R> List<R> run(int size, Hosts hosts, Duration timeout, Work<R> work)
      throws Exception {
    String[] texts = new String[size];
    CyclicBarrier barrier = new CyclicBarrier(size);
    ExecutorService threads = Executors.newFixedThreadPool(size);
    try {
      List<Future<R>> futures = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        int rank = i;
        futures.add(
            threads.submit(
                () -> {
                  Libtorch.load();
                  Libtorch.setThreads(1);
                  TextExchange exchange =
                      own -> {
                        texts[rank] = own;
                        await(barrier);
                        return Arrays.asList(texts);
                      };
                  try (WorkerGroup workers =
                      GlooWorkerGroup.join(rank, hosts.of(size), exchange, false, timeout)) {
                    return work.run(workers);
                  }
                }));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      threads.shutdown();
      threads.awaitTermination(1, TimeUnit.MINUTES);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
