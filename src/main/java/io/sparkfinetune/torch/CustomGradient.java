package io.sparkfinetune.torch;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
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
 * among as many axes of length 1 as the number of its slot says. A slot is used again after {@link
 * #SLOTS} others, so a pass that is abandoned before its backward pass leaks nothing; more tensors
 * than that must not wait for their backward pass at once.
 */
public final class CustomGradient {
  /** Axes of length 1 before the vector, and after it. */
  private static final int AXES = 24;

  private static final int SLOTS = AXES * AXES;

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
   */
  public static Tensor viewOf(Tensor x, Consumer<Tensor> backward) {
    int slot = Math.floorMod(NEXT.getAndIncrement(), SLOTS);
    long[] shape = x.shape();
    PENDING.set(slot, gradient -> backward.accept(gradient.view(shape)));
    long[] marked = new long[slot / AXES + 1 + slot % AXES];
    Arrays.fill(marked, 1);
    marked[slot / AXES] = x.numel();
    Tensor view = x.reshape(marked);
    view.register_hook(HOOK);
    return view.view(shape);
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
