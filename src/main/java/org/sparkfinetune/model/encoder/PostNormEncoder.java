package org.sparkfinetune.model.encoder;

import java.util.List;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/**
 * The encoder of BERT (Devlin et al., 2018) and its kin: post-norm layers, one after the other. The
 * order of operations is that of Hugging Face's {@code BertModel}.
 */
final class PostNormEncoder implements Encoder {
  private final TokenEmbeddings embeddings;
  private final Linear projection;
  private final List<PostNormLayer> layers;
  private final DistanceBias distances;

  /**
   * Puts declared parts together.
   *
   * @param projection from the embeddings' width to the layers'; null when they are the same
   * @param layers in the order of use; one may be used more than once
   * @param distances what distances add to attention scores; null for nothing
   */
  PostNormEncoder(
      TokenEmbeddings embeddings,
      Linear projection,
      List<PostNormLayer> layers,
      DistanceBias distances) {
    this.embeddings = embeddings;
    this.projection = projection;
    this.layers = layers;
    this.distances = distances;
  }

  /** A bias on attention scores by the distance of two tokens would be one row's for all. */
  @Override
  public boolean takesUnpadded() {
    return distances == null;
  }

  @Override
  public <T> T embed(TensorOps<T> ops, Tokens<T> tokens) {
    return embeddings.forward(ops, tokens);
  }

  @Override
  public <T> T encode(TensorOps<T> ops, T embedded, Tokens<T> tokens) {
    T padding = ops.paddingBias(tokens);
    T bias = distances == null ? padding : distances.plus(ops, tokens, padding);
    T x = projection == null ? embedded : projection.forward(ops, embedded);
    for (PostNormLayer layer : layers) {
      x = ops.recomputable(y -> layer.forward(ops, y, bias), x);
    }
    return x;
  }
}
