package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedCacheTest {
  private final List<String> closed = new ArrayList<>();
  private final SharedCache<String, Resource> cache = new SharedCache<>(2);

  private final class Resource implements AutoCloseable {
    private final String name;

    Resource(String name) {
      this.name = name;
    }

    @Override
    public void close() {
      closed.add(name);
    }
  }

  private SharedCache<String, Resource>.Lease acquire(String name) {
    return cache.acquire(name, () -> new Resource(name));
  }

  @Test
  void sharesTheValueOfAKey() {
    try (var first = acquire("a");
        var second = acquire("a")) {
      assertThat(second.value()).isSameAs(first.value());
    }
    assertThat(closed).isEmpty();
  }

  @Test
  void closesTheLongestUnusedValueOverCapacity() {
    acquire("a").close();
    acquire("b").close();
    acquire("a").close();
    acquire("c").close();
    assertThat(closed).containsExactly("b");
  }

  @Test
  void neverClosesAValueInUse() {
    var a = acquire("a");
    var b = acquire("b");
    var c = acquire("c");
    assertThat(closed).isEmpty();
    c.close();
    assertThat(closed).containsExactly("c");
    b.close();
    a.close();
    assertThat(closed).containsExactly("c");
  }

  @Test
  void createsOnceForManyThreads() throws Exception {
    AtomicInteger created = new AtomicInteger();
    CountDownLatch together = new CountDownLatch(4);
    Callable<Resource> task =
        () -> {
          together.countDown();
          together.await();
          try (var lease =
              cache.acquire("a", () -> new Resource("a" + created.incrementAndGet()))) {
            return lease.value();
          }
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (Future<Resource> result : threads.invokeAll(List.of(task, task, task, task))) {
        assertThat(result.get().name).isEqualTo("a1");
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(created).hasValue(1);
  }

  @Test
  void triesAgainAfterAFailedCreation() {
    assertThatThrownBy(
            () ->
                cache.acquire(
                    "a",
                    () -> {
                      throw new IllegalStateException("truncated file");
                    }))
        .hasMessage("truncated file");
    try (var lease = acquire("a")) {
      assertThat(lease.value().name).isEqualTo("a");
    }
    acquire("b").close();
    acquire("c").close();
    assertThat(closed).containsExactly("a");
  }
}
