package org.sparkfinetune.model.compute;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.torch.TransientScope;

/**
 * How one forward pass computes: its arithmetic and whether dropout acts. The layers hold weights;
 * this holds everything else, so a model can be used by several passes at once.
 *
 * @param dtype fp32 or bf16: the type of activations and matrix products. Weights are fp32 and are
 *     cast once a pass, within autograd, so that gradients reach the fp32 weights
 * @param dropout the source of dropout's randomness; null switches dropout off
 * @param attention how attention is computed
 * @param recompute whether the backward pass computes each layer again instead of the forward pass
 *     keeping its insides (Chen et al., 2016): less memory for about a third more time
 * @param device where the model is, as libtorch names it: {@code cpu}, {@code cuda:0}
 * @param unpadded where the rows lie in the one row that the batch is; null when rows are padded
 * @param attentions is given each layer's attention weights, {@code [rows, heads, length, length]},
 *     in the order of the layers: a query's weights of the keys, which add up to 1. Null for nobody
 * @param prepared weights that were cast before, of a model that stays as it is; null when each
 *     pass casts them
 */
public record ForwardPass(
    ScalarType dtype,
    Generator dropout,
    AttentionImplementation attention,
    boolean recompute,
    String device,
    UnpaddedRows unpadded,
    Consumer<Tensor> attentions,
    PreparedWeights prepared)
    implements TensorOps<Tensor> {
  private static final String CPU = "cpu";

  /**
   * The least that is added to a score in half precision: half of the least there is, so that the
   * sum is a number too. Its exponential is 0 all the same.
   */
  private static final double LEAST_IN_HALF = -65504 / 2.0;

  /** A pass over padded rows, on the device of the model that it is of. */
  public ForwardPass(
      ScalarType dtype, Generator dropout, AttentionImplementation attention, boolean recompute) {
    this(dtype, dropout, attention, recompute, CPU, null, null, null);
  }

  /** A pass whose layers keep their insides for the backward pass. */
  public ForwardPass(ScalarType dtype, Generator dropout, AttentionImplementation attention) {
    this(dtype, dropout, attention, false);
  }

  /** A pass that computes attention in the fastest way. */
  public ForwardPass(ScalarType dtype, Generator dropout) {
    this(dtype, dropout, AttentionImplementation.AUTO);
  }

  /** fp32 without dropout. */
  public static ForwardPass inference() {
    return new ForwardPass(ScalarType.Float, null);
  }

  /** The same where a model is. */
  public ForwardPass on(Device where) {
    return new ForwardPass(
        dtype,
        dropout,
        attention,
        recompute,
        where.str().getString(),
        unpadded,
        attentions,
        prepared);
  }

  /** The same for a batch without padding. */
  public ForwardPass over(UnpaddedRows rows) {
    return new ForwardPass(
        dtype, dropout, attention, recompute, device, rows, attentions, prepared);
  }

  /**
   * The same, which shows the attention weights of each layer: rows are padded then, and attention
   * is computed by plain operations.
   */
  public ForwardPass showing(Consumer<Tensor> weights) {
    return new ForwardPass(
        dtype, dropout, attention, recompute, device, unpadded, weights, prepared);
  }

  /** The same, for a model whose weights do not change: they are cast once, not once a pass. */
  public ForwardPass with(PreparedWeights weights) {
    return new ForwardPass(
        dtype, dropout, attention, recompute, device, unpadded, attentions, weights);
  }

  /**
   * Whether this pass can do without padding, in an encoder that can.
   *
   * @param length tokens of the longest row
   */
  public boolean takesUnpadded(long length) {
    return onCpu()
        && attentions == null
        && FusedAttention.isFor(attention, length, dropout != null);
  }

  @Override
  public Tensor weight(Parameter weight) {
    return weight.tensor();
  }

  @Override
  public Tensor factors(List<Parameter> weights) {
    return prepared == null
        ? TensorOps.super.factors(weights)
        : prepared.get(weights, TensorOps.super::factors);
  }

  @Override
  public Tensor constant(long[] values) {
    return here(TokenTensors.int64(values, values.length));
  }

  @Override
  public Tensor constant(float[] values, long... shape) {
    Tensor tensor = torch.empty(shape);
    new FloatPointer(tensor.data_ptr()).put(values);
    return here(tensor);
  }

  private boolean onCpu() {
    return device.equals(CPU);
  }

  /** A tensor of the processor's memory, where the model is. */
  private Tensor here(Tensor tensor) {
    return onCpu() ? tensor : tensor.to(new Device(device), tensor.scalar_type());
  }

  @Override
  public Tensor embedding(Tensor table, Tensor ids) {
    // libtorch's embedding wants rows that are vectors.
    return table.dim() == 1 ? table.take(ids) : torch.embedding(table, ids);
  }

  @Override
  public Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return torch.linear(
        x, cast(weight), bias == null ? new TensorOptional() : new TensorOptional(cast(bias)));
  }

  @Override
  public Tensor matmul(Tensor a, Tensor b) {
    return torch.matmul(a, b);
  }

  /**
   * {@inheritDoc} A CPU's kernel takes fp32 weights beside an input that is less exact. A GPU's
   * does not: there all is computed in fp32, as autocast does.
   */
  @Override
  public Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double eps) {
    Tensor normalized =
        torch.layer_norm(
            onCpu() ? x : fp32(x),
            weight.shape(),
            new TensorOptional(weight),
            bias == null ? new TensorOptional() : new TensorOptional(bias),
            eps,
            true);
    return to(normalized, x.scalar_type());
  }

  @Override
  public Tensor conv1d(Tensor x, Tensor weight, Tensor bias, int groups) {
    long padding = (weight.size(2) - 1) / 2;
    return torch.conv1d(
        x,
        cast(weight),
        new TensorOptional(cast(bias)),
        new long[] {1},
        new long[] {padding},
        new long[] {1},
        groups);
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return a.add(b);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return a.mul(b);
  }

  @Override
  public Tensor divide(Tensor a, Tensor b) {
    return a.div(b);
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return x.mul(new Scalar(factor));
  }

  @Override
  public Tensor activation(Activation function, Tensor x) {
    return switch (function) {
      case GELU -> torch.gelu(x);
      case GELU_NEW -> torch.gelu(x, "tanh");
      case RELU -> torch.relu(x);
      case SILU -> torch.silu(x);
      case TANH -> torch.tanh(x);
    };
  }

  @Override
  public Tensor cos(Tensor x) {
    return torch.cos(x);
  }

  @Override
  public Tensor sin(Tensor x) {
    return torch.sin(x);
  }

  @Override
  public Tensor softmax(Tensor x) {
    return torch.softmax(x, -1);
  }

  /**
   * Zeroes each element with probability {@code p}, as {@link Dropout} rounds it, and scales the
   * others by {@code 1 / (1 - p)}.
   */
  @Override
  public Tensor dropout(Tensor x, double p) {
    if (dropout == null || p <= 0) {
      return x;
    }
    Dropout drawn = new Dropout(dropout, p);
    return x.mul(
        onCpu()
            ? drawn.kept(x.shape()).to(x.scalar_type()).mul_(new Scalar(drawn.scale()))
            : drawn.factors(x));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Without dropout {@code auto} takes libtorch's fused kernel on GPUs, and in fp32, where it is
   * the fastest; in bf16 on a CPU its backward pass takes over ten times as long as three plain
   * operations. With dropout it falls back to them anyway.
   */
  @Override
  public Tensor attention(Tensor q, Tensor k, Tensor v, Tensor bias, double scale, double p) {
    boolean drops = dropout != null && p > 0;
    if (attention.isFused(dtype == ScalarType.Float || !onCpu()) && !drops && attentions == null) {
      // A GPU's kernel takes none of another type.
      TensorOptional mask =
          bias == null
              ? new TensorOptional()
              : new TensorOptional(onCpu() ? bias : castOfBias(bias));
      return torch.scaled_dot_product_attention(
          q, k, v, mask, 0, false, new DoubleOptional(scale), false);
    }
    // Scaling q rather than the scores touches fewer elements.
    Tensor scores = torch.matmul(q.mul(new Scalar(scale)), k.transpose(2, 3));
    if (bias != null) {
      scores = scores.add(castOfBias(bias));
    }
    Tensor weights = torch.softmax(scores, -1);
    if (attentions != null) {
      attentions.accept(weights);
    }
    return torch.matmul(dropout(weights, p), v);
  }

  /**
   * What is added to scores, in the pass's arithmetic. Half precision has no number as low as some:
   * they would become infinite, and a token that sees nothing else no number.
   */
  private Tensor castOfBias(Tensor bias) {
    return cast(dtype == ScalarType.Half ? torch.clamp_min(bias, new Scalar(LEAST_IN_HALF)) : bias);
  }

  /**
   * {@inheritDoc} On a CPU {@code auto} takes a kernel of this project's own, which computes in
   * fp32 whatever the arithmetic of the pass: attention is a small part of its operations.
   */
  @Override
  public Tensor selfAttention(
      Tensor projected, int heads, int size, Tensor bias, double scale, double p) {
    boolean drops = dropout != null && p > 0;
    if (attentions != null
        || unpadded == null
            && !(FusedAttention.accepts(projected, bias)
                && FusedAttention.isFor(attention, projected.size(1), drops))) {
      return TensorOps.super.selfAttention(projected, heads, size, bias, scale, p);
    }
    UnpaddedRows rows =
        unpadded != null ? unpadded : UnpaddedRows.padded(projected.size(0), projected.size(1));
    FusedAttention fused = new FusedAttention(rows, heads, size, scale);
    FusedAttention.Dropped droppedWeights = null;
    if (drops) {
      Dropout drawn = new Dropout(dropout, p);
      droppedWeights = new FusedAttention.Dropped(drawn.kept(fused.scoreCount()), drawn.scale());
    }
    return cast(fused.forward(fp32(projected), bias, droppedWeights));
  }

  /**
   * {@inheritDoc} The gradients are those of a pass that keeps them, dropout included. A weight
   * that several layers share gets its gradient in parts, one a layer, as do other tensors that the
   * layer uses.
   */
  @Override
  public Tensor recomputable(UnaryOperator<Tensor> layer, Tensor x) {
    // Without a gradient of x this is the first layer to be trained, or there is no backward pass.
    return recompute && GradMode.is_enabled() && x.requires_grad()
        ? Recomputation.of(layer, x, dropout)
        : TransientScope.within(() -> layer.apply(x));
  }

  @Override
  public Tensor reshape(Tensor x, long... shape) {
    long[] lengths = shape.clone();
    for (int axis = 0; axis < shape.length; axis++) {
      if (shape[axis] == 0) {
        lengths[axis] = x.size(axis);
      }
    }
    return x.reshape(lengths);
  }

  @Override
  public Tensor permute(Tensor x, int... axes) {
    return x.permute(Arrays.stream(axes).asLongStream().toArray());
  }

  @Override
  public Tensor slice(Tensor x, int axis, long start, long end) {
    return x.slice(axis, new LongOptional(start), new LongOptional(end), 1);
  }

  @Override
  public Tensor select(Tensor x, int axis, long index) {
    return x.select(axis, index);
  }

  @Override
  public Tensor unsqueeze(Tensor x, int axis) {
    return x.unsqueeze(axis);
  }

  @Override
  public Tensor concat(int axis, List<Tensor> parts) {
    return torch.cat(new TensorVector(parts.toArray(Tensor[]::new)), axis);
  }

  @Override
  public Tensor gather(Tensor x, Tensor index) {
    return x.gather(-1, index.expand(x.size(0), x.size(1), index.size(0), index.size(1)));
  }

  @Override
  public Tensor cumulativeSum(Tensor x) {
    return unpadded == null ? x.cumsum(-1) : unpadded.ofEachRun(run -> run.of(x).cumsum(-1));
  }

  @Override
  public Tensor notEqual(Tensor x, long value) {
    return x.ne(new Scalar(value)).to(ScalarType.Long);
  }

  @Override
  public Tensor sum(Tensor x, int axis) {
    return x.sum(axis);
  }

  @Override
  public Tensor max(Tensor x, int axis) {
    return x.amax(new long[] {axis}, false);
  }

  @Override
  public Tensor maskedFill(Tensor x, Tensor mask, double value) {
    return x.masked_fill(mask, new Scalar(value));
  }

  /** {@inheritDoc} Weights are cast within autograd. */
  @Override
  public Tensor cast(Tensor x) {
    return to(x, dtype);
  }

  @Override
  public Tensor fp32(Tensor x) {
    return to(x, ScalarType.Float);
  }

  private static Tensor to(Tensor x, ScalarType type) {
    return x.scalar_type() == type ? x : x.to(type);
  }

  @Override
  public Tensor positions(Tokens<Tensor> tokens) {
    return unpadded == null
        ? counted(tokens.inputIds().size(1))
        : unpadded
            .ofEachRun(run -> counted(run.length()).expand(run.rows(), run.length()))
            .view(-1);
  }

  private Tensor counted(long length) {
    return here(torch.arange(new Scalar(length), new TensorOptions(ScalarType.Long)));
  }

  @Override
  public Tensor paddingBias(Tokens<Tensor> tokens) {
    if (tokens.padding() == null) {
      return null;
    }
    Tensor keys = tokens.padding().unsqueeze(1).unsqueeze(1);
    return here(torch.zeros(keys.shape(), new TensorOptions(dtype)))
        .masked_fill(keys, new Scalar(Double.NEGATIVE_INFINITY));
  }
}
