package org.sparkfinetune.torch;

import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors that a part of a pass makes on its way: they are freed when it is done rather than at
 * the end of the pass. Of those, autograd keeps what the backward pass needs, as long as it does.
 */
public final class TransientScope extends PointerScope {
  private final PointerScope outer;

  private TransientScope(PointerScope outer) {
    this.outer = outer;
  }

  /**
   * Computes something, and frees all but its result.
   *
   * @return a tensor of the caller's {@code PointerScope}, which there must be
   */
  public static Tensor within(Supplier<Tensor> computation) {
    PointerScope outer = PointerScope.getInnerScope();
    try (TransientScope scope = new TransientScope(outer)) {
      Tensor result = computation.get();
      outer.attach(result);
      return result;
    }
  }

  /**
   * Keeps tensors, or what else has just been made, beyond the innermost scope, if that is one of
   * these: until the pass ends.
   *
   * @return frees them before that
   */
  public static Runnable keep(List<? extends Pointer> made) {
    PointerScope scope = PointerScope.getInnerScope();
    if (!(scope instanceof TransientScope)) {
      return () -> {};
    }
    while (scope instanceof TransientScope inner) {
      scope = inner.outer;
    }
    made.forEach(scope::attach);
    return () -> made.forEach(Pointer::close);
  }
}
