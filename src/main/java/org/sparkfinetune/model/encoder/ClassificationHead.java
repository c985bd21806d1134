package org.sparkfinetune.model.encoder;

import java.util.List;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/** From a row's token vectors to its logits, by a family's {@link HeadLayout}. */
public final class ClassificationHead {
  private final Pooling pooling;
  private final HeadLayout layout;
  private final Linear projection;
  private final LayerNorm norm;
  private final Linear output;

  /**
   * Declares the head's weights.
   *
   * @param root the scope of all names, at the head's depth
   */
  public ClassificationHead(
      HeadLayout layout, Pooling pooling, int labels, ParameterSet.Scope root) {
    this.pooling = pooling;
    this.layout = layout;
    int hidden = layout.hidden();
    boolean projects = layout.poolings().contains(pooling);
    projection =
        projects
            ? new Linear(root.child(layout.projection()), hidden, hidden, layout.projectionBias())
            : null;
    norm =
        projects && layout.norm() != null
            ? new LayerNorm(
                root.child(layout.norm().name()), hidden, layout.norm().eps(), layout.norm().bias())
            : null;
    output = new Linear(root.child(layout.output()), hidden, labels);
  }

  /** The names of the weights of the linear layer over the labels, a row a label. */
  public List<String> outputWeights() {
    return List.of(output.name() + ".weight", output.name() + ".bias");
  }

  /**
   * The logits of a batch in fp32, {@code [rows, labels]}.
   *
   * @param vectors of its tokens, {@code [rows, length, hidden]}
   */
  public <T> T forward(TensorOps<T> ops, T vectors, Tokens<T> tokens) {
    return logits(ops, features(ops, vectors, tokens));
  }

  /**
   * What the linear layer over the labels sees of a batch, in fp32, {@code [rows, hidden]}: the
   * pooled vectors and, where the family has one, the projection of these.
   *
   * @param vectors of its tokens, {@code [rows, length, hidden]}
   */
  public <T> T features(TensorOps<T> ops, T vectors, Tokens<T> tokens) {
    T x = pooling.pool(ops, vectors, tokens);
    if (projection != null) {
      x = projection.forward(ops, ops.dropout(ops.cast(x), layout.inputDropout()));
      x = ops.activation(layout.activation(), x);
      x = norm == null ? x : norm.forward(ops, x);
    }
    // The last layer is small: fp32 costs nothing there and keeps the loss exact.
    return ops.fp32(x);
  }

  /** The logits of {@link #features}. */
  public <T> T logits(TensorOps<T> ops, T features) {
    return output.forwardFp32(ops, ops.dropout(features, layout.outputDropout()));
  }
}
