package org.sparkfinetune.model.encoder;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.Activation;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/**
 * DeBERTa v2 and v3 (He et al., 2020 and 2021): attention over contents and relative positions,
 * each with the other. Both versions are one {@code model_type}, set apart by their configuration.
 */
final class DebertaV2Family implements EncoderFamily {
  @Override
  public String modelType() {
    return "deberta-v2";
  }

  @Override
  public String classifierArchitecture() {
    return "DebertaV2ForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "deberta";
  }

  @Override
  public boolean hasTokenTypes(ConfigValues config) {
    return types(config) > 1;
  }

  @Override
  public Encoder encoder(ConfigValues config, ParameterSet.Scope scope) {
    return new Deberta(config, scope, maxTokens(config));
  }

  @Override
  public void requireComputed(ConfigValues config) {
    int hidden = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    config.requireOnly(
        "attention_head_size",
        "" + SelfAttention.headSize(hidden, heads),
        "heads have hidden_size / num_attention_heads here");
    config.requireOnly("pooler_hidden_size", "" + hidden, "the pooler has hidden_size here");
  }

  @Override
  public DropoutKeys dropouts() {
    return PostNormKeys.DEBERTA.dropouts("cls_dropout", "pooler_dropout");
  }

  @Override
  public List<String> loraTargets() {
    return List.of("query_proj", "value_proj");
  }

  @Override
  public HeadLayout head(ConfigValues config) {
    return HeadLayout.firstToken(
        config.positive("hidden_size"),
        config.dropout("pooler_dropout", 0),
        "pooler.dense",
        config.activation("pooler_hidden_act", "gelu"),
        config.dropout("cls_dropout", dropout(config)),
        "classifier");
  }

  private static int types(ConfigValues config) {
    return config.integer("type_vocab_size", 0, 0, ConfigValues.MAX_SIZE);
  }

  private static double dropout(ConfigValues config) {
    return config.dropout("hidden_dropout_prob", 0.1);
  }

  private static double eps(ConfigValues config) {
    return config.epsilon("layer_norm_eps", 1e-7);
  }

  private static final class Deberta implements Encoder {
    private final Embeddings embeddings;
    private final RelativePositions relative;
    private final List<Attention> attentions = new ArrayList<>();
    private final List<PostNormOutput> outputs = new ArrayList<>();
    private final Convolution convolution;

    Deberta(ConfigValues config, ParameterSet.Scope scope, int maxTokens) {
      ParameterSet.Scope encoder = scope.child("encoder");
      embeddings = new Embeddings(config, scope.child("embeddings"));
      relative =
          config.flag("relative_attention", false)
              ? new RelativePositions(config, encoder, maxTokens)
              : null;
      PostNormSizes sizes = PostNormKeys.DEBERTA.sizes(config);
      for (int i = 0; i < config.layers(PostNormKeys.DEBERTA.layers()); i++) {
        ParameterSet.Scope layer = encoder.child("layer").layer(i);
        attentions.add(new Attention(config, layer.child("attention.self")));
        outputs.add(PostNormNames.BERT.output(layer, sizes));
      }
      convolution =
          config.integer("conv_kernel_size", 0, 0, ConfigValues.MAX_LAYERS) > 0
              ? new Convolution(config, encoder.child("conv").atLayer(0))
              : null;
    }

    @Override
    public <T> T embed(TensorOps<T> ops, Tokens<T> tokens) {
      return embeddings.forward(ops, tokens);
    }

    @Override
    public <T> T encode(TensorOps<T> ops, T embedded, Tokens<T> tokens) {
      T padding = ops.paddingBias(tokens);
      RelativePositions.Places<T> places = relative == null ? null : relative.places(ops, tokens);
      T x = embedded;
      for (int i = 0; i < outputs.size(); i++) {
        Attention attention = attentions.get(i);
        PostNormOutput output = outputs.get(i);
        x =
            ops.recomputable(
                y -> output.forward(ops, y, attention.forward(ops, y, places, padding)), x);
        if (i == 0 && convolution != null) {
          x = convolution.forward(ops, embedded, x, tokens);
        }
      }
      return x;
    }
  }

  /** Word vectors, with those of positions and token types where the configuration has them. */
  private static final class Embeddings {
    private final Parameter words;
    private final Parameter positions;
    private final Parameter types;
    private final Linear projection;
    private final LayerNorm norm;
    private final double dropout;

    Embeddings(ConfigValues config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      int size = config.positive("embedding_size", hidden);
      int typeCount = types(config);
      words =
          scope
              .child("word_embeddings")
              .wordEmbeddings("weight", Parameter.Init.NORMAL, config.positive("vocab_size"), size);
      positions =
          config.flag("position_biased_input", true)
              ? TokenEmbeddings.table(scope, "position_embeddings", config.positions(), size)
              : null;
      types =
          typeCount > 0
              ? TokenEmbeddings.table(scope, "token_type_embeddings", typeCount, size)
              : null;
      projection =
          size == hidden ? null : new Linear(scope.child("embed_proj"), size, hidden, false);
      norm = new LayerNorm(scope.child("LayerNorm"), hidden, eps(config));
      dropout = dropout(config);
    }

    <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
      T x = ops.embedding(ops.weight(words), tokens.wordRows());
      if (positions != null) {
        x = ops.add(x, ops.embedding(ops.weight(positions), ops.positions(tokens)));
      }
      if (types != null) {
        x = ops.add(x, TokenEmbeddings.ofTypes(ops, ops.weight(types), tokens));
      }
      x = projection == null ? x : projection.forward(ops, ops.cast(x));
      return ops.dropout(ops.cast(norm.forward(ops, x)), dropout);
    }
  }

  /** The vectors of relative positions, which all layers share, and which one a distance has. */
  private static final class RelativePositions {
    private final Parameter vectors;
    private final LayerNorm norm;

    /** The row of {@link #vectors} of each distance from {@code -(n - 1)} to {@code n - 1}. */
    private final long[] rows;

    /**
     * What a pass knows of relative positions.
     *
     * @param vectors {@code [n, hidden]}
     * @param ofKeys which vector a query sees a key's position as, {@code [queries, keys]}
     * @param ofQueries which vector a key sees a query's position as, {@code [keys, queries]}
     */
    private record Places<T>(T vectors, T ofKeys, T ofQueries) {}

    RelativePositions(ConfigValues config, ParameterSet.Scope encoder, int maxTokens) {
      int hidden = config.positive("hidden_size");
      int given = config.integer("max_relative_positions", -1, -1, ConfigValues.MAX_TOKENS);
      int maxDistance = given < 1 ? config.positions() : given;
      int buckets = config.integer("position_buckets", -1, -1, ConfigValues.MAX_TOKENS);
      int span = buckets > 0 ? buckets : maxDistance;
      vectors =
          encoder
              .child("rel_embeddings")
              .parameter("weight", Parameter.Init.NORMAL, 2L * span, hidden);
      norm =
          config.words("norm_rel_ebd").contains("layer_norm")
              ? new LayerNorm(encoder.child("LayerNorm"), hidden, eps(config))
              : null;
      rows = new long[2 * maxTokens - 1];
      for (int distance = 1 - maxTokens; distance < maxTokens; distance++) {
        long bucket = buckets > 0 ? bucket(distance, buckets, maxDistance) : distance;
        rows[distance + maxTokens - 1] = Math.max(0, Math.min(2L * span - 1, bucket + span));
      }
    }

    /** Distances up to half the number of buckets have one each, further ones logarithmically. */
    private static long bucket(int distance, int buckets, int maxDistance) {
      int middle = buckets / 2;
      int absolute = Math.abs(distance);
      if (absolute <= middle) {
        return distance;
      }
      // In fp32, as transformers: on the edge of a bucket rounding decides.
      float share =
          (float) Math.log((float) absolute / middle)
              / (float) Math.log((float) (maxDistance - 1) / middle);
      long bucket = (long) Math.ceil(share * (middle - 1)) + middle;
      return distance < 0 ? -bucket : bucket;
    }

    <T> Places<T> places(TensorOps<T> ops, Tokens<T> tokens) {
      T table = ops.weight(vectors);
      T normalized = ops.cast(norm == null ? table : norm.forward(ops, table));
      // A key behind the query has a negative distance here and a positive one in DeBERTa's terms.
      T distances = ops.distances(tokens);
      T ofQueries = lookup(ops, distances);
      T ofKeys = lookup(ops, ops.multiply(distances, ops.constant(new long[] {-1})));
      return new Places<>(normalized, ofKeys, ofQueries);
    }

    private <T> T lookup(TensorOps<T> ops, T distances) {
      T middle = ops.constant(new long[] {(rows.length - 1) / 2});
      return ops.embedding(ops.constant(rows), ops.add(distances, middle));
    }
  }

  /** Disentangled self-attention, without the output projection. */
  private static final class Attention {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear positionKey;
    private final Linear positionQuery;
    private final int heads;
    private final int size;
    private final double scale;
    private final double dropout;
    private final double positionDropout;

    Attention(ConfigValues config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      List<String> kinds = config.words("pos_att_type");
      boolean contentToPosition = kinds.contains("c2p");
      boolean positionToContent = kinds.contains("p2c");
      heads = config.positive("num_attention_heads");
      size = SelfAttention.headSize(hidden, heads);
      query = new Linear(scope.child("query_proj"), hidden, hidden);
      key = new Linear(scope.child("key_proj"), hidden, hidden);
      value = new Linear(scope.child("value_proj"), hidden, hidden);
      boolean relative = config.flag("relative_attention", false);
      boolean shared = config.flag("share_att_key", false);
      positionKey =
          relative && contentToPosition
              ? shared ? key : new Linear(scope.child("pos_key_proj"), hidden, hidden)
              : null;
      positionQuery =
          relative && positionToContent
              ? shared ? query : new Linear(scope.child("pos_query_proj"), hidden, hidden)
              : null;
      int terms = 1 + (contentToPosition ? 1 : 0) + (positionToContent ? 1 : 0);
      scale = 1 / Math.sqrt((double) size * terms);
      dropout = config.dropout("attention_probs_dropout_prob", 0.1);
      positionDropout = dropout(config);
    }

    <T> T forward(TensorOps<T> ops, T x, RelativePositions.Places<T> places, T padding) {
      T projected = Linear.sideBySide(ops, x, query, key, value);
      T split = ops.splitHeads(projected, heads, size);
      T q = ops.select(split, 0, 0);
      T k = ops.select(split, 0, 1);
      T bias = padding;
      if (positionKey != null || positionQuery != null) {
        T vectors = ops.dropout(places.vectors(), positionDropout);
        if (positionKey != null) {
          bias = plus(ops, ops.gather(scores(ops, q, vectors, positionKey), places.ofKeys()), bias);
        }
        if (positionQuery != null) {
          T byKey = ops.gather(scores(ops, k, vectors, positionQuery), places.ofQueries());
          bias = plus(ops, ops.permute(byKey, 0, 1, 3, 2), bias);
        }
      }
      T context = ops.attention(q, k, ops.select(split, 0, 2), bias, scale, dropout);
      return ops.mergeHeads(context);
    }

    /** Of each token with each relative position, scaled: {@code [rows, heads, length, n]}. */
    private <T> T scores(TensorOps<T> ops, T contents, T vectors, Linear projection) {
      // Scaling the positions touches fewer elements than scaling the scores.
      T projected = ops.scale(projection.forward(ops, vectors), scale);
      // [n, hidden] -> [heads, size, n]
      T positions = ops.permute(ops.reshape(projected, 0, heads, size), 1, 2, 0);
      return ops.matmul(contents, positions);
    }

    private static <T> T plus(TensorOps<T> ops, T a, T b) {
      return b == null ? a : ops.add(a, b);
    }
  }

  /** v2's convolution over the embeddings, added to what the first layer makes of them. */
  private static final class Convolution {
    private final Parameter weight;
    private final Parameter bias;
    private final int groups;
    private final Activation activation;
    private final LayerNorm norm;
    private final double dropout;

    Convolution(ConfigValues config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      int kernel = config.positive("conv_kernel_size");
      if (kernel % 2 == 0) {
        throw new UserException(
            "config.json: conv_kernel_size=" + kernel + " is not allowed: expected an odd number");
      }
      groups = config.positive("conv_groups", 1);
      if (hidden % groups != 0) {
        throw new UserException(
            "config.json: conv_groups=%d is not allowed: expected a divisor of hidden_size=%d"
                .formatted(groups, hidden));
      }
      ParameterSet.Scope conv = scope.child("conv");
      weight = conv.parameter("weight", Parameter.Init.NORMAL, hidden, hidden / groups, kernel);
      bias = conv.parameter("bias", Parameter.Init.ZEROS, hidden);
      activation = config.activation("conv_act", "tanh");
      norm = new LayerNorm(scope.child("LayerNorm"), hidden, eps(config));
      dropout = dropout(config);
    }

    <T> T forward(TensorOps<T> ops, T embedded, T layerOutput, Tokens<T> tokens) {
      // Padding must look like the zeros beyond a row's ends.
      T real =
          tokens.padding() == null
              ? embedded
              : ops.maskedFill(embedded, ops.unsqueeze(tokens.padding(), -1), 0);
      T channels = ops.permute(real, 0, 2, 1);
      T mixed = ops.conv1d(channels, ops.weight(weight), ops.weight(bias), groups);
      T out = ops.activation(activation, ops.dropout(ops.permute(mixed, 0, 2, 1), dropout));
      return norm.forward(ops, ops.add(layerOutput, out));
    }
  }
}
