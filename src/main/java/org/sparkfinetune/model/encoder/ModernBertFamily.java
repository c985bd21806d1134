package org.sparkfinetune.model.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.Activation;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/**
 * ModernBERT (Warner et al., 2024): pre-norm layers with rotary positions (Su et al., 2021) and
 * gated feed-forward networks; most layers see only a window around each token.
 */
final class ModernBertFamily implements EncoderFamily {
  @Override
  public String modelType() {
    return "modernbert";
  }

  @Override
  public String classifierArchitecture() {
    return "ModernBertForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "model";
  }

  @Override
  public int padTokenId(ConfigValues config) {
    return EncoderFamily.padTokenId(config, 50_283);
  }

  @Override
  public boolean hasTokenTypes(ConfigValues config) {
    return false;
  }

  @Override
  public Encoder encoder(ConfigValues config, ParameterSet.Scope scope) {
    return new ModernBert(config, scope);
  }

  @Override
  public void requireComputed(ConfigValues config) {
    for (String key : List.of("rope_scaling", "rope_parameters", "rope_theta", "layer_types")) {
      config.requireOnly(
          key,
          null,
          "expected global_rope_theta, local_rope_theta and global_attn_every_n_layers, as"
              + " transformers 4 writes them");
    }
  }

  @Override
  public DropoutKeys dropouts() {
    return new DropoutKeys(
        List.of("embedding_dropout", "mlp_dropout"),
        List.of("attention_dropout"),
        List.of("classifier_dropout"));
  }

  @Override
  public List<String> loraTargets() {
    return List.of("Wqkv");
  }

  @Override
  public HeadLayout head(ConfigValues config) {
    return new HeadLayout(
        config.positive("hidden_size"),
        0,
        "head.dense",
        config.flag("classifier_bias", false),
        config.activation("classifier_activation", "gelu"),
        new HeadLayout.Norm("head.norm", eps(config), config.flag("norm_bias", false)),
        config.dropout("classifier_dropout", 0),
        "classifier",
        Set.of(Pooling.CLS, Pooling.MEAN));
  }

  private static double eps(ConfigValues config) {
    return config.epsilon("norm_eps", 1e-5);
  }

  private static double theta(ConfigValues config, String key, double defaultValue) {
    return config.number(key, defaultValue, 1, Float.MAX_VALUE);
  }

  private static LayerNorm norm(ConfigValues config, ParameterSet.Scope scope) {
    return new LayerNorm(
        scope, config.positive("hidden_size"), eps(config), config.flag("norm_bias", false));
  }

  private static final class ModernBert implements Encoder {
    private final Parameter words;
    private final LayerNorm embeddingNorm;
    private final double embeddingDropout;
    private final List<Layer> layers = new ArrayList<>();
    private final LayerNorm finalNorm;
    private final int window;
    private final Rotation globalRotation;
    private final Rotation localRotation;

    ModernBert(ConfigValues config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      ParameterSet.Scope embeddings = scope.child("embeddings");
      words =
          embeddings
              .child("tok_embeddings")
              .wordEmbeddings(
                  "weight", Parameter.Init.NORMAL, config.positive("vocab_size"), hidden);
      embeddingNorm = norm(config, embeddings.child("norm"));
      embeddingDropout = config.dropout("embedding_dropout", 0);
      for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
        layers.add(new Layer(config, scope.child("layers").layer(i), i));
      }
      finalNorm = norm(config, scope.child("final_norm").atLayer(layers.size() - 1));
      window = config.positive("local_attention", 128) / 2;
      int size = SelfAttention.headSize(hidden, config.positive("num_attention_heads"));
      double globalTheta = theta(config, "global_rope_theta", 160000);
      globalRotation = new Rotation(size, globalTheta);
      // A local theta of null is the global one; one that is not there is the default.
      localRotation =
          config.isNull("local_rope_theta")
              ? globalRotation
              : new Rotation(size, theta(config, "local_rope_theta", 10000));
    }

    @Override
    public <T> T embed(TensorOps<T> ops, Tokens<T> tokens) {
      T x = embeddingNorm.forward(ops, ops.embedding(ops.weight(words), tokens.wordRows()));
      return ops.dropout(ops.cast(x), embeddingDropout);
    }

    @Override
    public <T> T encode(TensorOps<T> ops, T embedded, Tokens<T> tokens) {
      T padding = ops.paddingBias(tokens);
      T outside = outsideWindow(ops, tokens);
      T windowed = padding == null ? outside : ops.add(outside, padding);
      Rotation.Angles<T> globalAngles = globalRotation.angles(ops, tokens);
      Rotation.Angles<T> localAngles = localRotation.angles(ops, tokens);
      T x = embedded;
      for (Layer layer : layers) {
        x =
            ops.recomputable(
                y ->
                    layer.isLocal
                        ? layer.forward(ops, y, localAngles, windowed)
                        : layer.forward(ops, y, globalAngles, padding),
                x);
      }
      return finalNorm.forward(ops, x);
    }

    /**
     * What is added to the scores of keys outside the window around a query: {@code [length,
     * length]}, 0 inside. It is finite, so that a padding token with only padding in its window has
     * something to see, and no NaN arises there.
     */
    private <T> T outsideWindow(TensorOps<T> ops, Tokens<T> tokens) {
      T distances = ops.distances(tokens);
      T edge = ops.constant(new long[] {-window});
      T right = ops.add(distances, edge);
      T left = ops.add(ops.multiply(distances, ops.constant(new long[] {-1})), edge);
      T beyond =
          ops.add(
              ops.activation(Activation.RELU, ops.fp32(right)),
              ops.activation(Activation.RELU, ops.fp32(left)));
      return ops.scale(beyond, -1e30);
    }
  }

  /** Rotary positions: the halves of a head's vector turn against each other. */
  private static final class Rotation {
    private final int half;
    private final float[] frequencies;

    Rotation(int size, double theta) {
      if (size % 2 != 0) {
        throw new UserException(
            "config.json: attention heads of size "
                + size
                + " cannot be rotated: expected hidden_size / num_attention_heads to be even");
      }
      half = size / 2;
      frequencies = new float[half];
      for (int i = 0; i < half; i++) {
        // In fp32, as transformers: positions multiply what rounding leaves.
        frequencies[i] = 1 / (float) Math.pow(theta, (float) (2 * i) / size);
      }
    }

    <T> Angles<T> angles(TensorOps<T> ops, Tokens<T> tokens) {
      T positions = ops.fp32(ops.unsqueeze(ops.positions(tokens), 1));
      T angles = ops.multiply(positions, ops.constant(frequencies, 1, half));
      T cos = ops.cos(angles);
      T sin = ops.sin(angles);
      return new Angles<>(
          half,
          ops.cast(ops.concat(-1, List.of(cos, cos))),
          ops.cast(ops.concat(-1, List.of(ops.scale(sin, -1), sin))));
    }

    /**
     * How far the vectors at each position turn.
     *
     * @param half half the size of a head
     * @param cos {@code [length, size]}
     * @param signedSin {@code [length, size]}, negative for the first half
     */
    private record Angles<T>(int half, T cos, T signedSin) {
      /** The vectors turned, {@code [..., length, size]}. */
      T rotate(TensorOps<T> ops, T x) {
        T swapped =
            ops.concat(-1, List.of(ops.slice(x, -1, half, 2L * half), ops.slice(x, -1, 0, half)));
        return ops.add(ops.multiply(x, cos), ops.multiply(swapped, signedSin));
      }
    }
  }

  private static final class Layer {
    private final boolean isLocal;
    private final LayerNorm attentionNorm;
    private final Linear queryKeyValue;
    private final Linear attentionOutput;
    private final LayerNorm feedForwardNorm;
    private final Linear inputAndGate;
    private final Linear feedForwardOutput;
    private final Activation activation;
    private final int heads;
    private final int size;
    private final int inner;
    private final double attentionDropout;
    private final double feedForwardDropout;

    Layer(ConfigValues config, ParameterSet.Scope scope, int index) {
      int hidden = config.positive("hidden_size");
      boolean attentionBias = config.flag("attention_bias", false);
      boolean feedForwardBias = config.flag("mlp_bias", false);
      isLocal = index % config.positive("global_attn_every_n_layers", 3) != 0;
      heads = config.positive("num_attention_heads");
      size = SelfAttention.headSize(hidden, heads);
      inner = config.positive("intermediate_size");
      // The first layer's input is the embeddings, which have been normalized.
      attentionNorm = index == 0 ? null : norm(config, scope.child("attn_norm"));
      queryKeyValue = new Linear(scope.child("attn.Wqkv"), hidden, 3L * hidden, attentionBias);
      attentionOutput = new Linear(scope.child("attn.Wo"), hidden, hidden, attentionBias);
      feedForwardNorm = norm(config, scope.child("mlp_norm"));
      inputAndGate = new Linear(scope.child("mlp.Wi"), hidden, 2L * inner, feedForwardBias);
      feedForwardOutput = new Linear(scope.child("mlp.Wo"), inner, hidden, feedForwardBias);
      activation = config.activation("hidden_activation", "gelu");
      attentionDropout = config.dropout("attention_dropout", 0);
      feedForwardDropout = config.dropout("mlp_dropout", 0);
    }

    <T> T forward(TensorOps<T> ops, T x, Rotation.Angles<T> angles, T bias) {
      T normalized = attentionNorm == null ? x : attentionNorm.forward(ops, x);
      T attended = ops.add(x, attention(ops, normalized, angles, bias));
      return ops.add(attended, feedForward(ops, feedForwardNorm.forward(ops, attended)));
    }

    private <T> T attention(TensorOps<T> ops, T x, Rotation.Angles<T> angles, T bias) {
      T projected = queryKeyValue.forward(ops, x);
      T split = ops.splitHeads(projected, heads, size);
      T rotated = angles.rotate(ops, ops.slice(split, 0, 0, 2));
      T context =
          ops.attention(
              ops.select(rotated, 0, 0),
              ops.select(rotated, 0, 1),
              ops.select(split, 0, 2),
              bias,
              1 / Math.sqrt(size),
              attentionDropout);
      T mixed = attentionOutput.forward(ops, ops.mergeHeads(context));
      return ops.dropout(mixed, attentionDropout);
    }

    private <T> T feedForward(TensorOps<T> ops, T x) {
      T both = inputAndGate.forward(ops, x);
      T input = ops.activation(activation, ops.slice(both, -1, 0, inner));
      T gated = ops.multiply(input, ops.slice(both, -1, inner, 2L * inner));
      return feedForwardOutput.forward(ops, ops.dropout(gated, feedForwardDropout));
    }
  }
}
