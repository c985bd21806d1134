package org.sparkfinetune.model.encoder;

import java.util.ArrayList;
import java.util.List;

/**
 * What a family calls the modules of a layer of BERT's kind, in transformers: names below the
 * layer's own.
 *
 * @param list the list of layers
 */
record PostNormNames(
    String list,
    String query,
    String key,
    String value,
    String attentionOutput,
    String attentionNorm,
    String intermediate,
    String output,
    String outputNorm) {
  static final PostNormNames BERT =
      new PostNormNames(
          "encoder.layer",
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  static final PostNormNames DISTILBERT =
      new PostNormNames(
          "transformer.layer",
          "attention.q_lin",
          "attention.k_lin",
          "attention.v_lin",
          "attention.out_lin",
          "sa_layer_norm",
          "ffn.lin1",
          "ffn.lin2",
          "output_layer_norm");

  static final PostNormNames MPNET =
      new PostNormNames(
          "encoder.layer",
          "attention.attn.q",
          "attention.attn.k",
          "attention.attn.v",
          "attention.attn.o",
          "attention.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  static final PostNormNames ALBERT =
      new PostNormNames(
          "albert_layers",
          "attention.query",
          "attention.key",
          "attention.value",
          "attention.dense",
          "attention.LayerNorm",
          "ffn",
          "ffn_output",
          "full_layer_layer_norm");

  /**
   * Declares a model's layers.
   *
   * @param scope the encoder's
   */
  List<PostNormLayer> layers(ParameterSet.Scope scope, int count, PostNormSizes sizes) {
    List<PostNormLayer> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      layers.add(layer(scope.child(list).layer(i), sizes));
    }
    return layers;
  }

  /** Declares a layer. */
  PostNormLayer layer(ParameterSet.Scope layer, PostNormSizes sizes) {
    int hidden = sizes.hidden();
    SelfAttention attention =
        new SelfAttention(
            new Linear(layer.child(query), hidden, hidden),
            new Linear(layer.child(key), hidden, hidden),
            new Linear(layer.child(value), hidden, hidden),
            hidden,
            sizes.heads(),
            sizes.attentionDropout());
    return new PostNormLayer(attention, output(layer, sizes));
  }

  /** Declares what follows attention in a layer. */
  PostNormOutput output(ParameterSet.Scope layer, PostNormSizes sizes) {
    int hidden = sizes.hidden();
    return new PostNormOutput(
        new Linear(layer.child(attentionOutput), hidden, hidden),
        new LayerNorm(layer.child(attentionNorm), hidden, sizes.eps()),
        new Linear(layer.child(intermediate), hidden, sizes.inner()),
        sizes.activation(),
        new Linear(layer.child(output), sizes.inner(), hidden),
        new LayerNorm(layer.child(outputNorm), hidden, sizes.eps()),
        sizes.attentionOutputDropout(),
        sizes.outputDropout());
  }
}
