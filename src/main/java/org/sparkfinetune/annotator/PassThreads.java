package org.sparkfinetune.annotator;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkEnv;
import org.sparkfinetune.torch.Libtorch;

/**
 * Runs the forward passes of a call side by side, each on one core, on as many cores as Spark has
 * in this JVM: a single task, as of one small file, uses them all, and the tasks of a full executor
 * share them. Passes that compute on one core each do not wait for one another as the threads of
 * one operation do, and their numbers do not depend on how many there are.
 */
final class PassThreads {
  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+|\\*)(?:,.*)?])?");
  private static final int IDLE_SECONDS = 30;

  private static ThreadPoolExecutor threads;

  private PassThreads() {}

  /**
   * Runs all passes and waits for them; in the order given where they are more than cores.
   *
   * @throws RuntimeException what the first pass that failed has thrown, when none runs any more
   * @throws CancellationException when the calling thread is interrupted, likewise
   */
  static void run(List<Runnable> passes) {
    int runners = Math.min(cores(), passes.size());
    if (runners <= 1) {
      passes.forEach(Runnable::run);
      return;
    }
    AtomicInteger next = new AtomicInteger();
    Runnable stop = () -> next.set(passes.size());
    Runnable runner =
        () -> {
          boolean done = false;
          try {
            for (int pass; (pass = next.getAndIncrement()) < passes.size(); ) {
              passes.get(pass).run();
            }
            done = true;
          } finally {
            if (!done) {
              stop.run();
            }
          }
        };
    List<Future<?>> running = new ArrayList<>();
    ExecutorService pool = pool(cores());
    for (int i = 0; i < runners; i++) {
      running.add(pool.submit(runner));
    }
    await(running, stop);
  }

  /** Waits for all of them, as what they work on is the caller's to close. */
  private static void await(List<Future<?>> running, Runnable stop) {
    Throwable failure = null;
    boolean interrupted = false;
    for (Future<?> one : running) {
      for (boolean done = false; !done; ) {
        try {
          one.get();
          done = true;
        } catch (InterruptedException e) {
          interrupted = true;
          stop.run();
        } catch (ExecutionException e) {
          failure = failure == null ? e.getCause() : failure;
          done = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the task was canceled");
    }
    if (failure instanceof Error error) {
      throw error;
    } else if (failure != null) {
      throw (RuntimeException) failure;
    }
  }

  private static synchronized ExecutorService pool(int cores) {
    if (threads == null) {
      AtomicInteger number = new AtomicInteger();
      threads =
          new ThreadPoolExecutor(
              cores,
              cores,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              runner -> {
                Thread thread =
                    new Thread(
                        () -> {
                          Libtorch.setThreads(1);
                          runner.run();
                        },
                        "forward pass " + number.incrementAndGet());
                thread.setDaemon(true);
                return thread;
              });
      threads.allowCoreThreadTimeOut(true);
    } else if (threads.getCorePoolSize() != cores) {
      // Another Spark session in this JVM.
      threads.setMaximumPoolSize(Math.max(cores, threads.getCorePoolSize()));
      threads.setCorePoolSize(cores);
      threads.setMaximumPoolSize(cores);
    }
    return threads;
  }

  /** The cores that Spark's tasks have in this JVM; without Spark all of the machine. */
  private static int cores() {
    int all = Runtime.getRuntime().availableProcessors();
    SparkEnv env = SparkEnv.get();
    if (env == null) {
      return all;
    }
    Matcher local = LOCAL.matcher(env.conf().get("spark.master", ""));
    if (!local.matches()) {
      return env.conf().getInt("spark.executor.cores", all);
    }
    String threads = local.group(1);
    return threads == null ? 1 : threads.equals("*") ? all : Integer.parseInt(threads);
  }
}
