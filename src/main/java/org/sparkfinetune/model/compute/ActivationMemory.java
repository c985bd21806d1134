package org.sparkfinetune.model.compute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Counts the memory that a training step's forward pass takes, by going through the model's own
 * operations with shapes in the place of tensors: it knows every family that {@link TensorOps} can
 * express, and allocates nothing.
 *
 * <p>Each operation counts as {@link ForwardPass} carries it out on a CPU with dropout on. Of what
 * a layer makes, only its result and what autograd needs for the gradient of a trainable weight
 * stay when it is done; what is made outside the layers stays until the step ends. Copies of inputs
 * in C order stay only where autograd needs them. Views are free.
 */
public final class ActivationMemory implements TensorOps<Shape> {
  private static final int FP32 = 4;
  private static final int INT64 = 8;

  /** Bytes an element in the arithmetic of the pass. */
  private final int size;

  private final AttentionImplementation attention;

  private long total;

  /** The largest total so far. */
  private long peak;

  /** What the layer at work has made; null outside the layers. */
  private List<Shape.Storage> ofLayer;

  private long largestWithGradient;
  private long largestPassing;

  /** Whether {@link #recomputable} keeps a layer's input alone. */
  private final boolean recompute;

  private long largestRecomputed;

  private ActivationMemory(ScalarType dtype, AttentionImplementation attention, boolean recompute) {
    size = dtype == ScalarType.BFloat16 ? 2 : FP32;
    this.attention = attention;
    this.recompute = recompute;
  }

  /**
   * The bytes at the height of a training step, beside weights, their gradients and the optimizer's
   * state.
   *
   * <p>What stays of the forward pass, and twice the largest tensor with a gradient: what the
   * backward pass holds at a time. Or the height of the forward pass itself, if that is more.
   *
   * @param logits of the model, in whatever stands for tensors: only its weights' shapes are looked
   *     at, and which of them are trained
   * @param attention how it is computed
   * @param dtype fp32 or bf16
   * @param rows texts of the batch
   * @param length tokens of each text; one text counts as shorter, so that there is padding to mask
   * @param recompute as {@link ForwardPass#recompute()}: then what the largest layer keeps comes on
   *     top of the layers' inputs, while it is computed again
   */
  public static long ofStep(
      BiFunction<TensorOps<Shape>, Tokens<Shape>, Shape> logits,
      AttentionImplementation attention,
      ScalarType dtype,
      long rows,
      long length,
      boolean recompute) {
    ActivationMemory memory = new ActivationMemory(dtype, attention, recompute);
    Tokens<Shape> tokens =
        new Tokens<>(
            memory.made(false, INT64, rows, length),
            null,
            memory.made(false, INT64, rows),
            memory.made(false, 1, rows, length));
    Shape result = logits.apply(memory, tokens);
    // The loss: the logarithm of the softmax.
    memory.like(result);
    long backward =
        Math.addExact(Math.multiplyExact(2, memory.largestWithGradient), memory.largestRecomputed);
    return Math.max(
        memory.peak, Math.addExact(memory.total, Math.max(backward, memory.largestPassing)));
  }

  private Shape made(boolean gradient, int bytesAnElement, long... dims) {
    Shape shape = Shape.made(gradient, bytesAnElement, dims);
    long bytes = shape.storage().bytes();
    total = Math.addExact(total, bytes);
    peak = Math.max(peak, total);
    if (ofLayer != null) {
      ofLayer.add(shape.storage());
    }
    if (gradient) {
      largestWithGradient = Math.max(largestWithGradient, bytes);
    }
    return shape;
  }

  private Shape like(Shape x) {
    return made(x.gradient(), x.size(), x.dims());
  }

  private static boolean gradient(Shape... inputs) {
    return Stream.of(inputs).anyMatch(input -> input != null && input.gradient());
  }

  /** An input, or the copy in C order that libtorch makes of it; it stays if autograd needs it. */
  private void copied(Shape x, boolean kept) {
    if (x.contiguous()) {
      x.stays(kept);
    } else if (kept) {
      like(x).stays(true);
    } else {
      largestPassing = Math.max(largestPassing, x.bytes());
    }
  }

  private Shape broadcast(Shape a, Shape b) {
    return made(gradient(a, b), Math.max(a.size(), b.size()), Shape.broadcast(a, b));
  }

  @Override
  public Shape weight(Parameter weight) {
    return new Shape(weight.tensor().shape(), FP32, true, weight.trainable(), new Shape.Storage(0));
  }

  @Override
  public Shape constant(long[] values) {
    return made(false, INT64, values.length);
  }

  @Override
  public Shape constant(float[] values, long... shape) {
    return made(false, FP32, shape);
  }

  @Override
  public Shape embedding(Shape table, Shape ids) {
    return made(table.gradient(), table.size(), Shape.embedded(table, ids));
  }

  @Override
  public Shape linear(Shape x, Shape weight, Shape bias) {
    cast(weight).stays(x.gradient());
    if (bias != null) {
      cast(bias);
    }
    copied(x, weight.gradient());
    return made(gradient(x, weight, bias), size, x.with(-1, weight.dim(0)));
  }

  @Override
  public Shape matmul(Shape a, Shape b) {
    // Batches of matrices are wanted in one piece; the gradient of one factor needs the other.
    if (a.dims().length > 2 && b.dims().length > 2) {
      copied(a, b.gradient());
      copied(b, a.gradient());
    } else {
      Shape.factors(a, b);
    }
    return made(gradient(a, b), Math.max(a.size(), b.size()), Shape.product(a, b));
  }

  @Override
  public Shape layerNorm(Shape x, Shape weight, Shape bias, double eps) {
    boolean gradient = gradient(x, weight, bias);
    if (gradient) {
      // The mean and the deviation of each row.
      made(false, FP32, 2, x.elements() / x.dim(-1)).stays(true);
      x.stays(true);
    }
    return made(gradient, x.size(), x.dims());
  }

  @Override
  public Shape conv1d(Shape x, Shape weight, Shape bias, int groups) {
    cast(weight).stays(x.gradient());
    cast(bias);
    copied(x, weight.gradient());
    return made(gradient(x, weight, bias), size, x.with(1, weight.dim(0)));
  }

  @Override
  public Shape add(Shape a, Shape b) {
    return broadcast(a, b);
  }

  @Override
  public Shape multiply(Shape a, Shape b) {
    Shape.factors(a, b);
    return broadcast(a, b);
  }

  @Override
  public Shape divide(Shape a, Shape b) {
    a.stays(b.gradient());
    b.stays(gradient(a, b));
    return broadcast(a, b);
  }

  @Override
  public Shape scale(Shape x, double factor) {
    return like(x);
  }

  @Override
  public Shape activation(Activation function, Shape x) {
    Shape result = like(x);
    boolean byResult = function == Activation.RELU || function == Activation.TANH;
    (byResult ? result : x).stays(x.gradient());
    return result;
  }

  @Override
  public Shape cos(Shape x) {
    x.stays(x.gradient());
    return like(x);
  }

  @Override
  public Shape sin(Shape x) {
    x.stays(x.gradient());
    return like(x);
  }

  @Override
  public Shape softmax(Shape x) {
    Shape result = like(x);
    result.stays(x.gradient());
    return result;
  }

  @Override
  public Shape dropout(Shape x, double p) {
    if (p <= 0) {
      return x;
    }
    made(false, 1, x.dims()); // which are kept
    made(false, x.size(), x.dims()).stays(x.gradient()); // the factor of each
    return like(x);
  }

  @Override
  public Shape attention(Shape q, Shape k, Shape v, Shape bias, double scale, double dropout) {
    if (attention.isFused(size == FP32) && dropout <= 0) {
      boolean gradient = gradient(q, k, v, bias);
      if (gradient) {
        // libtorch's fused kernel keeps one number a query beside its output.
        made(false, FP32, Arrays.copyOf(q.dims(), 3)).stays(true);
        Stream.of(q, k, v).forEach(part -> part.stays(true));
      }
      Shape result = made(gradient, q.size(), q.dims());
      result.stays(gradient);
      return result;
    }
    Shape scaled = like(q).view(q.contiguous(), q.dims());
    Shape scores = matmul(scaled, permute(k, 0, 1, 3, 2));
    if (bias != null) {
      scores = add(scores, cast(bias));
    }
    return matmul(dropout(softmax(scores), dropout), v);
  }

  @Override
  public Shape selfAttention(
      Shape projected, int heads, int width, Shape bias, double scale, double dropout) {
    long length = projected.dim(1);
    boolean accepted = projected.contiguous() && !gradient(bias);
    if (!accepted || !FusedAttention.isFor(attention, length, dropout > 0)) {
      return TensorOps.super.selfAttention(projected, heads, width, bias, scale, dropout);
    }
    Shape exact = fp32(projected);
    long[] dims = {exact.dim(0), heads, length, length};
    long scores = Math.multiplyExact(Shape.elements(dims), FP32);
    boolean gradient = exact.gradient();
    exact.stays(gradient);
    if (dropout > 0) {
      made(false, 1, dims).stays(gradient); // which are kept
    }
    if (gradient) {
      made(false, FP32, dims).stays(true);
    }
    // Scores and weights, with and without those that are dropped; in the backward pass two of them
    // and the gradient of the projections.
    largestPassing = Math.max(largestPassing, 3 * scores);
    if (gradient) {
      largestWithGradient = Math.max(largestWithGradient, (3 * scores + exact.bytes()) / 2);
    }
    return cast(made(gradient, FP32, exact.dim(0), length, Math.multiplyExact(heads, width)));
  }

  @Override
  public Shape recomputable(UnaryOperator<Shape> layer, Shape x) {
    if (!recompute || !x.gradient()) {
      ofLayer = new ArrayList<>();
      Shape result = layer.apply(x);
      result.stays(true);
      total -= ofLayer.stream().filter(s -> !s.stays()).mapToLong(Shape.Storage::bytes).sum();
      ofLayer = null;
      return result;
    }
    long before = total;
    layer.apply(x);
    largestRecomputed = Math.max(largestRecomputed, total - before);
    total = before;
    return like(x);
  }

  @Override
  public Shape reshape(Shape x, long... shape) {
    return (x.contiguous() ? x : like(x)).reshape(shape);
  }

  @Override
  public Shape permute(Shape x, int... axes) {
    return x.permute(axes);
  }

  @Override
  public Shape slice(Shape x, int axis, long start, long end) {
    return x.slice(axis, start, end);
  }

  @Override
  public Shape select(Shape x, int axis, long index) {
    return x.view(axis == 0, x.without(axis));
  }

  @Override
  public Shape unsqueeze(Shape x, int axis) {
    return x.unsqueeze(axis);
  }

  @Override
  public Shape concat(int axis, List<Shape> parts) {
    long length = parts.stream().mapToLong(part -> part.dim(axis)).sum();
    boolean gradient = parts.stream().anyMatch(Shape::gradient);
    return made(gradient, parts.get(0).size(), parts.get(0).with(axis, length));
  }

  @Override
  public Shape gather(Shape x, Shape index) {
    return made(x.gradient(), x.size(), x.with(-1, index.dim(-1)));
  }

  @Override
  public Shape cumulativeSum(Shape x) {
    return like(x);
  }

  @Override
  public Shape notEqual(Shape x, long value) {
    made(false, 1, x.dims());
    return made(false, INT64, x.dims());
  }

  @Override
  public Shape sum(Shape x, int axis) {
    return made(x.gradient(), x.size(), x.without(axis));
  }

  @Override
  public Shape max(Shape x, int axis) {
    x.stays(x.gradient());
    return made(x.gradient(), x.size(), x.without(axis));
  }

  @Override
  public Shape maskedFill(Shape x, Shape mask, double value) {
    return like(x);
  }

  @Override
  public Shape cast(Shape x) {
    return x.size() == size ? x : made(x.gradient(), size, x.dims());
  }

  @Override
  public Shape fp32(Shape x) {
    return x.size() == FP32 ? x : made(x.gradient(), FP32, x.dims());
  }

  @Override
  public Shape positions(Tokens<Shape> tokens) {
    return made(false, INT64, tokens.inputIds().dim(1));
  }

  @Override
  public Shape paddingBias(Tokens<Shape> tokens) {
    Shape padding = tokens.padding();
    made(false, size, padding.dim(0), 1, 1, padding.dim(1));
    return made(false, size, padding.dim(0), 1, 1, padding.dim(1));
  }
}
