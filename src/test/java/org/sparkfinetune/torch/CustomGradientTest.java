package org.sparkfinetune.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CustomGradientTest {
  private static final int THREADS = 4;

  /** More views than there are slots, by all threads together. */
  private static final int VIEWS = CustomGradient.SLOTS / THREADS + 10;

  @BeforeAll
  static void load() {
    Libtorch.load();
  }

  /** A tensor whose gradient is to be {@code factor}, and what is computed from a view of it. */
  private record Pass(Tensor x, Tensor sum, double factor) {
    static Pass of(double factor) {
      Tensor x = torch.ones(3).set_requires_grad(true);
      Tensor view = CustomGradient.viewOf(x, gradient -> gradient.mul_(new Scalar(factor)));
      return new Pass(x, view.mul(new Scalar(1.0)).sum(), factor);
    }

    boolean isRight() {
      sum.backward();
      return x.mutable_grad().max().item_float() == factor;
    }
  }

  @Test
  void eachOfAsManyViewsAsCanWaitGetsItsOwnGradientAndTheOthersAreRefused() throws Exception {
    CyclicBarrier waiting = new CyclicBarrier(THREADS);
    List<Callable<int[]>> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int thread = i;
      threads.add(
          () -> {
            try (PointerScope scope = new PointerScope()) {
              List<Pass> passes = new ArrayList<>();
              int refused = 0;
              for (int view = 0; view < VIEWS; view++) {
                try {
                  passes.add(Pass.of(thread * VIEWS + view + 1));
                } catch (IllegalStateException e) {
                  refused++;
                }
              }
              waiting.await();
              return new int[] {
                passes.size(), refused, (int) passes.stream().filter(Pass::isRight).count()
              };
            }
          });
    }
    int made = 0;
    int refused = 0;
    ExecutorService executor = Executors.newFixedThreadPool(THREADS);
    try {
      for (Future<int[]> result : executor.invokeAll(threads)) {
        made += result.get()[0];
        refused += result.get()[1];
        assertThat(result.get()[2]).isEqualTo(result.get()[0]);
      }
    } finally {
      executor.shutdownNow();
    }
    assertThat(made + refused).isEqualTo(THREADS * VIEWS);
    assertThat(made).isEqualTo(CustomGradient.SLOTS);
  }

  @Test
  void passesThatAreAbandonedHoldNoSlots() {
    for (int pass = 0; pass < 2; pass++) {
      try (PointerScope scope = new PointerScope()) {
        for (int view = 0; view < CustomGradient.SLOTS; view++) {
          int factor = view;
          TransientScope.within(() -> Pass.of(factor).sum());
        }
        assertThatThrownBy(() -> Pass.of(1))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining(CustomGradient.SLOTS + " tensors");
      }
    }
  }

  /** A layer's own scope closes before the backward pass comes. */
  @Test
  void aViewOutlivesTheScopeOfItsLayer() {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = torch.ones(3).set_requires_grad(true);
      Supplier<Tensor> layer =
          () ->
              CustomGradient.viewOf(x, gradient -> gradient.mul_(new Scalar(5.0)))
                  .mul(new Scalar(1.0));
      TransientScope.within(() -> TransientScope.within(layer)).sum().backward();
      assertThat(x.mutable_grad().min().item_float()).isEqualTo(5);
    }
  }
}
