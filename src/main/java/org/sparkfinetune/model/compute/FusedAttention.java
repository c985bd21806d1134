package org.sparkfinetune.model.compute;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.torch.AtenOperator;
import org.sparkfinetune.torch.BatchedGemm;
import org.sparkfinetune.torch.BatchedGemm.Matrices;
import org.sparkfinetune.torch.BatchedGemm.Product;
import org.sparkfinetune.torch.CustomGradient;
import org.sparkfinetune.torch.TransientScope;

/**
 * Self-attention in fp32 on a CPU, from the projections as they lie in memory: no head is copied
 * out, and all heads of all rows are multiplied in one call, be the rows of one length or not. Its
 * backward pass keeps the attention weights, and of dropout one byte an element.
 *
 * @param layout where the rows lie
 * @param size the width of a head
 * @param scale of the scores
 */
record FusedAttention(UnpaddedRows layout, int heads, int size, double scale) {
  /**
   * From this length on, without dropout, libtorch's own kernel is used instead: it does not hold
   * all attention weights at once, which are many then.
   */
  private static final long LONG = 128;

  private static final AtenOperator SOFTMAX_BACKWARD =
      AtenOperator.find("aten::_softmax_backward_data", "out");

  /** The code of fp32 among libtorch's types. */
  private static final Long FP32 = (long) ScalarType.Float.intern().value;

  /**
   * Whether this computes attention on this machine.
   *
   * @param drops whether attention weights are dropped
   */
  static boolean isFor(AttentionImplementation attention, long length, boolean drops) {
    return attention == AttentionImplementation.AUTO
        && (drops || length < LONG)
        && BatchedGemm.isAvailable();
  }

  /** Whether these are tensors that this can work on, the projections once they are in fp32. */
  static boolean accepts(Tensor projected, Tensor bias) {
    return projected.is_cpu()
        && projected.is_contiguous()
        && (bias == null || !bias.requires_grad());
  }

  /**
   * Which attention weights are dropped.
   *
   * @param kept boolean, one for each score
   * @param scale of those that are kept
   */
  record Dropped(Tensor kept, double scale) {}

  /**
   * Attention by one projection.
   *
   * @param projected queries, keys and values side by side, {@code [..., 3 * heads * size]}, a
   *     token after the other
   * @param bias added to the scores of rows of one length, broadcast to {@code [rows, heads,
   *     length, length]}; may be null
   * @param dropped null when no attention weights are; stays the caller's
   * @return {@code [..., heads * size]}
   */
  Tensor forward(Tensor projected, Tensor bias, Dropped dropped) {
    if (!GradMode.is_enabled() || !projected.requires_grad()) {
      return computed(projected, bias, dropped, null);
    }
    Tensor weights = scores();
    List<Tensor> kept = new ArrayList<>(List.of(projected, weights));
    if (dropped != null) {
      kept.add(dropped.kept());
    }
    Runnable free = TransientScope.keep(kept);
    Tensor view =
        CustomGradient.viewOf(
            projected,
            gradient -> {
              backward(projected.detach(), weights, dropped, gradient);
              free.run();
            });
    // A node of autograd's with the shape of the result and no more; its values are replaced.
    Tensor out =
        view.slice(-1, new LongOptional(0), new LongOptional((long) heads * size), 1).clone();
    try (NoGradGuard guard = new NoGradGuard()) {
      computed(projected.detach(), bias, dropped, new Kept(weights, out));
    }
    return out;
  }

  /** Where a training pass puts attention weights and result. */
  private record Kept(Tensor weights, Tensor out) {}

  private Tensor computed(Tensor projected, Tensor bias, Dropped dropped, Kept kept) {
    Tensor out =
        kept != null
            ? kept.out()
            : torch.empty(projected.size(0), projected.size(1), (long) heads * size);
    try (PointerScope scope = new PointerScope()) {
      Tensor scores = scores();
      multiply(true, scale, queries(projected), false, keys(projected), true, squares(scores));
      if (bias != null) {
        UnpaddedRows.Run run = layout.runs().get(0);
        scores.view(run.rows(), heads, run.length(), run.length()).add_(bias);
      }
      Tensor weights = kept != null ? kept.weights() : scores();
      for (UnpaddedRows.Run run : layout.runs()) {
        torch.softmax_out(lines(weights, run), lines(scores, run), -1);
      }
      Tensor used = dropped == null ? weights : weights.mul(dropped.kept());
      multiply(
          false, keepScale(dropped), squares(used), false, values(projected), false, vectors(out));
    }
    return out;
  }

  /**
   * The gradient of the projections.
   *
   * @param gradient {@code [..., 3 * heads * size]}: the result's in the place of the queries,
   *     which the projections' overwrites
   */
  private void backward(Tensor projected, Tensor weights, Dropped dropped, Tensor gradient) {
    Function<UnpaddedRows.Run, Matrices> ofOut = queries(gradient);
    double keepScale = keepScale(dropped);
    Tensor used = dropped == null ? weights : weights.mul(dropped.kept());
    multiply(false, keepScale, squares(used), true, ofOut, false, values(gradient));
    Tensor ofWeights = scores();
    multiply(true, keepScale, ofOut, false, values(projected), true, squares(ofWeights));
    if (dropped != null) {
      ofWeights.mul_(dropped.kept());
    }
    Tensor ofScores = scores();
    for (UnpaddedRows.Run run : layout.runs()) {
      SOFTMAX_BACKWARD.callInPlace(
          lines(ofWeights, run), lines(weights, run), -1L, FP32, lines(ofScores, run));
    }
    Function<UnpaddedRows.Run, Matrices> s = squares(ofScores);
    multiply(false, scale, s, false, keys(projected), false, queries(gradient));
    multiply(false, scale, s, true, queries(projected), false, keys(gradient));
  }

  private static double keepScale(Dropped dropped) {
    return dropped == null ? 1 : dropped.scale();
  }

  /** One number for each query and key of a row and head. */
  private Tensor scores() {
    return torch.empty(scoreCount());
  }

  /** The scores of all rows and heads. */
  long scoreCount() {
    return layout.scores() * heads;
  }

  /** Those of a run, a line a query. */
  private Tensor lines(Tensor scores, UnpaddedRows.Run run) {
    return scores.narrow(0, run.firstScore() * heads, run.scores() * heads).view(-1, run.length());
  }

  /**
   * A product for each row and head, one line a token.
   *
   * @param toScores whether it gives scores out of vectors, and not vectors
   */
  private void multiply(
      boolean toScores,
      double alpha,
      Function<UnpaddedRows.Run, Matrices> a,
      boolean transposeA,
      Function<UnpaddedRows.Run, Matrices> b,
      boolean transposeB,
      Function<UnpaddedRows.Run, Matrices> c) {
    List<Product> products = new ArrayList<>();
    for (UnpaddedRows.Run run : layout.runs()) {
      int m = run.length();
      int n = toScores ? m : size;
      int k = toScores ? size : m;
      products.add(
          new Product(run.rows(), heads, m, n, k, a.apply(run), b.apply(run), c.apply(run)));
    }
    BatchedGemm.multiply(alpha, transposeA, transposeB, products);
  }

  private Function<UnpaddedRows.Run, Matrices> queries(Tensor projected) {
    return vectors(projected, 0, 3);
  }

  private Function<UnpaddedRows.Run, Matrices> keys(Tensor projected) {
    return vectors(projected, 1, 3);
  }

  private Function<UnpaddedRows.Run, Matrices> values(Tensor projected) {
    return vectors(projected, 2, 3);
  }

  private Function<UnpaddedRows.Run, Matrices> vectors(Tensor x) {
    return vectors(x, 0, 1);
  }

  /** Part {@code index} of the {@code parts} that lie side by side in each token's line. */
  private Function<UnpaddedRows.Run, Matrices> vectors(Tensor x, int index, int parts) {
    int width = heads * size;
    int stride = parts * width;
    return run ->
        Matrices.of(
            x,
            run.firstToken() * stride + (long) index * width,
            (long) run.length() * stride,
            size,
            stride);
  }

  private Function<UnpaddedRows.Run, Matrices> squares(Tensor scores) {
    return run -> {
      long square = (long) run.length() * run.length();
      return Matrices.of(scores, run.firstScore() * heads, heads * square, square, run.length());
    };
  }
}
