package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestSpark;

class PassThreadsTest {
  /** Its master, {@code local[2]}, gives two cores. */
  @BeforeAll
  static void spark() {
    TestSpark.session();
  }

  @Test
  void passesRunSideBySideAsManyAsSparkHasCores() {
    CyclicBarrier both = new CyclicBarrier(2);
    List<String> threads = Collections.synchronizedList(new ArrayList<>());
    PassThreads.run(
        Collections.nCopies(
            2,
            () -> {
              threads.add(Thread.currentThread().getName());
              try {
                both.await(60, TimeUnit.SECONDS);
              } catch (Exception e) {
                throw new IllegalStateException("the other does not run", e);
              }
            }));
    assertThat(threads).doesNotHaveDuplicates().allMatch(name -> name.startsWith("forward pass"));
  }

  @Test
  void allPassesHaveRunWhenItReturns() {
    AtomicInteger done = new AtomicInteger();
    PassThreads.run(Collections.nCopies(50, done::incrementAndGet));
    assertThat(done).hasValue(50);
  }

  @Test
  void theFirstFailureIsThrownAndNoFurtherPassBegins() {
    AtomicInteger begun = new AtomicInteger();
    List<Runnable> passes =
        IntStream.range(0, 1000)
            .<Runnable>mapToObj(
                i ->
                    () -> {
                      begun.incrementAndGet();
                      if (i == 0) {
                        throw new IllegalArgumentException("pass " + i);
                      }
                      sleep(1);
                    })
            .toList();
    assertThatThrownBy(() -> PassThreads.run(passes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pass 0");
    assertThat(begun.get()).isLessThan(1000);
  }

  @Test
  void anInterruptedTaskWaitsForWhatRunsAndStartsNothingMore() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger ended = new AtomicInteger();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread task =
        new Thread(
            () -> {
              try {
                PassThreads.run(
                    Collections.nCopies(
                        100,
                        () -> {
                          begun.countDown();
                          awaitQuietly(go);
                          ended.incrementAndGet();
                        }));
              } catch (CancellationException e) {
                thrown.set(e);
              }
            });
    task.start();
    begun.await();
    task.interrupt();
    task.join(100);
    assertThat(task.isAlive()).as("it waits for the two that run").isTrue();
    go.countDown();
    task.join();
    assertThat(thrown.get()).hasMessage("the task was canceled");
    assertThat(ended.get()).isEqualTo(2);
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
