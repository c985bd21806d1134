package io.sparkfinetune.model;

import io.sparkfinetune.UserException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * BERT (Devlin et al., 2018): post-norm layers, learned absolute positions. Names and order of
 * operations are those of Hugging Face's {@code BertModel}.
 */
final class BertFamily implements EncoderFamily {
  @Override
  public String modelType() {
    return "bert";
  }

  @Override
  public String classifierArchitecture() {
    return "BertForSequenceClassification";
  }

  @Override
  public String prefix() {
    return "bert";
  }

  @Override
  public int maxTokens(ModelConfig config) {
    return config.positive("max_position_embeddings");
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    String positions = config.string("position_embedding_type", "absolute");
    if (!positions.equals("absolute")) {
      throw new UserException(
          "config.json: position_embedding_type="
              + positions
              + " is not supported: only absolute is");
    }
    Embeddings embeddings = new Embeddings(config, scope.child("embeddings"));
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < config.positive("num_hidden_layers"); i++) {
      layers.add(new Layer(config, scope.child("encoder").child("layer").child("" + i)));
    }
    return (pass, tokens) -> {
      Tensor bias = tokens.attentionBias(pass.dtype());
      Tensor x = embeddings.forward(pass, tokens);
      for (Layer layer : layers) {
        x = layer.forward(pass, x, bias);
      }
      return x;
    };
  }

  @Override
  public Pooler pooler(ModelConfig config, ParameterSet.Scope scope) {
    int hidden = config.positive("hidden_size");
    Linear dense = new Linear(scope.child("pooler").child("dense"), hidden, hidden);
    return (pass, tokenVectors) -> torch.tanh(dense.forward(pass, tokenVectors.select(1, 0)));
  }

  /** Word, position and token-type vectors, summed and normalised. */
  private static final class Embeddings {
    private final Tensor words;
    private final Tensor positions;
    private final Tensor types;
    private final LayerNorm norm;
    private final double dropout;

    Embeddings(ModelConfig config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      words = table(scope, "word_embeddings", config.positive("vocab_size"), hidden);
      positions =
          table(scope, "position_embeddings", config.positive("max_position_embeddings"), hidden);
      types = table(scope, "token_type_embeddings", config.integer("type_vocab_size", 2), hidden);
      norm =
          new LayerNorm(scope.child("LayerNorm"), hidden, config.number("layer_norm_eps", 1e-12));
      dropout = config.number("hidden_dropout_prob", 0.1);
    }

    Tensor forward(ForwardPass pass, TokenTensors tokens) {
      Tensor firstPositions =
          torch.arange(new Scalar(tokens.length()), new TensorOptions(ScalarType.Long));
      Tensor sum =
          torch
              .embedding(words, tokens.inputIds())
              // A single text: every token is of type 0.
              .add(types.select(0, 0))
              .add(torch.embedding(positions, firstPositions));
      return pass.dropout(pass.cast(norm.forward(sum)), dropout);
    }

    private static Tensor table(ParameterSet.Scope scope, String name, long rows, long hidden) {
      return scope.child(name).parameter("weight", ParameterSet.Init.NORMAL, rows, hidden);
    }
  }

  /** Attention and feed-forward, each with a residual connection and a norm behind it. */
  private static final class Layer {
    private final SelfAttention attention;
    private final Linear attentionOutput;
    private final LayerNorm attentionNorm;
    private final Linear intermediate;
    private final Linear output;
    private final LayerNorm outputNorm;
    private final Activation activation;
    private final double dropout;

    Layer(ModelConfig config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      int heads = config.positive("num_attention_heads");
      int inner = config.positive("intermediate_size");
      double eps = config.number("layer_norm_eps", 1e-12);
      if (hidden % heads != 0) {
        throw new UserException(
            "config.json: hidden_size="
                + hidden
                + " is no multiple of num_attention_heads="
                + heads);
      }
      ParameterSet.Scope attentionScope = scope.child("attention");
      attention =
          new SelfAttention(
              attentionScope.child("self"),
              hidden,
              heads,
              config.number("attention_probs_dropout_prob", 0.1));
      attentionOutput = new Linear(attentionScope.child("output").child("dense"), hidden, hidden);
      attentionNorm = new LayerNorm(attentionScope.child("output").child("LayerNorm"), hidden, eps);
      intermediate = new Linear(scope.child("intermediate").child("dense"), hidden, inner);
      output = new Linear(scope.child("output").child("dense"), inner, hidden);
      outputNorm = new LayerNorm(scope.child("output").child("LayerNorm"), hidden, eps);
      activation = Activation.of(config.string("hidden_act", "gelu"));
      dropout = config.number("hidden_dropout_prob", 0.1);
    }

    Tensor forward(ForwardPass pass, Tensor x, Tensor bias) {
      Tensor mixed = attentionOutput.forward(pass, attention.forward(pass, x, bias));
      Tensor attended = attentionNorm.forward(pass.dropout(mixed, dropout).add(x));
      Tensor inner = activation.apply(intermediate.forward(pass, attended));
      Tensor outer = output.forward(pass, inner);
      return outputNorm.forward(pass.dropout(outer, dropout).add(attended));
    }
  }
}
