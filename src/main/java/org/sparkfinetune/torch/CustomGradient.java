package org.sparkfinetune.torch;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;

/**
 * Backward passes written in Java. libtorch's bindings let no Java class be an autograd function,
 * but a hook may change the gradient of a tensor.
 *
 * <p>JavaCPP has some ten native functions for all the hooks of a process, so one hook serves every
 * tensor. It tells them apart by the shape of the gradient, which is that of the tensor: a vector
 * among as many axes of length 1 as the number of its slot says. A slot is free again when the
 * gradient has come, or when the {@code PointerScope} of the pass closes without one.
 */
public final class CustomGradient {
  /** Axes of length 1 before the vector, and after it. */
  private static final int AXES = 24;

  /** How many tensors of a process can wait for their backward pass at once. */
  static final int SLOTS = AXES * AXES;

  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final AtomicReferenceArray<Consumer<Tensor>> PENDING =
      new AtomicReferenceArray<>(SLOTS);
  private static final Hook HOOK = hook();

  private CustomGradient() {}

  /**
   * A view of a tensor whose gradient is changed on its way to the tensor.
   *
   * @param x requires a gradient
   * @param backward is given, once, the gradient of the view, of {@code x}'s shape and on the
   *     thread of the backward pass, and overwrites it with that of {@code x}. What is computed
   *     from the view must make a gradient of its own, as the gradients of a slice or a product
   *     are, and not pass on one that others see. It runs within a {@code PointerScope} of its own,
   *     and may use tensors of the scope that the forward pass runs in
   * @throws IllegalStateException when {@link #SLOTS} tensors wait for their backward pass
   */
  public static Tensor viewOf(Tensor x, Consumer<Tensor> backward) {
    long[] shape = x.shape();
    int slot = claim(gradient -> backward.accept(gradient.view(shape)));
    long[] marked = new long[slot / AXES + 1 + slot % AXES];
    Arrays.fill(marked, 1);
    marked[slot / AXES] = x.numel();
    Tensor view = x.reshape(marked);
    view.register_hook(HOOK);
    return view.view(shape);
  }

  private static int claim(Consumer<Tensor> backward) {
    int first = NEXT.getAndIncrement();
    for (int tried = 0; tried < SLOTS; tried++) {
      int slot = Math.floorMod(first + tried, SLOTS);
      if (PENDING.compareAndSet(slot, null, backward)) {
        TransientScope.keep(List.of(new Claim(slot, backward)));
        return slot;
      }
    }
    throw new IllegalStateException(
        SLOTS + " tensors of this process wait for their backward pass: no more can");
  }

  private static Hook hook() {
    // Or whoever is the first to come here would free it with the rest of a scope.
    try (PointerScope scope = new PointerScope()) {
      Hook hook = new Hook();
      hook.retainReference();
      return hook;
    }
  }

  private static void overwrite(Tensor gradient) {
    long[] marked = gradient.shape();
    int before = 0;
    while (before < marked.length - 1 && marked[before] == 1) {
      before++;
    }
    int slot = before * AXES + marked.length - 1 - before;
    Consumer<Tensor> backward = PENDING.getAndSet(slot, null);
    if (backward == null) {
      throw new IllegalStateException("a second backward pass through a custom gradient");
    }
    Tensor ordered = gradient.contiguous();
    backward.accept(ordered);
    if (ordered.data_ptr().address() != gradient.data_ptr().address()) {
      gradient.view(-1).copy_(ordered.view(-1));
    }
  }

  /** Ends with the scope of the pass; what has had its gradient by then has left its slot. */
  private static final class Claim extends Pointer {
    Claim(int slot, Consumer<Tensor> backward) {
      deallocator(() -> PENDING.compareAndSet(slot, backward, null));
    }
  }

  private static final class Hook extends TensorTensorHook {
    @Override
    public TensorBase call(TensorBase gradient) {
      if (gradient.defined()) {
        try (PointerScope scope = new PointerScope()) {
          overwrite(new Tensor(gradient));
        }
      }
      // Returning what libtorch owns leaves nothing for Java to keep alive.
      return gradient;
    }
  }
}
