package org.sparkfinetune.model.encoder;

import java.util.Set;
import org.sparkfinetune.model.compute.Activation;

/**
 * A family's classification head, as transformers builds it: from the pooled vector of a text
 * through dropout, a projection with its activation (and norm), and dropout again, to a linear
 * layer over the labels.
 *
 * @param hidden the width of the encoder's vectors
 * @param inputDropout the probability of dropout before the projection
 * @param projection the name of the projection's weights, without {@code .weight}
 * @param projectionBias whether it has a bias
 * @param activation after the projection
 * @param norm the norm after the activation, or null
 * @param outputDropout the probability of dropout before the linear layer
 * @param output the name of that layer's weights, without {@code .weight}
 * @param poolings what the projection was made for; with another pooling the head does without it
 */
public record HeadLayout(
    int hidden,
    double inputDropout,
    String projection,
    boolean projectionBias,
    Activation activation,
    Norm norm,
    double outputDropout,
    String output,
    Set<Pooling> poolings) {

  /**
   * A layer norm.
   *
   * @param name the name of its weights, without {@code .weight}
   */
  record Norm(String name, double eps, boolean bias) {}

  /** A head for the first token's vector, without norm. */
  static HeadLayout firstToken(
      int hidden,
      double inputDropout,
      String projection,
      Activation activation,
      double outputDropout,
      String output) {
    return new HeadLayout(
        hidden,
        inputDropout,
        projection,
        true,
        activation,
        null,
        outputDropout,
        output,
        Set.of(Pooling.CLS));
  }

  /** RoBERTa's head for the first token's vector: two layers, with the same dropout before each. */
  static HeadLayout twoLayers(int hidden, double dropout, Activation activation) {
    return firstToken(
        hidden, dropout, "classifier.dense", activation, dropout, "classifier.out_proj");
  }

  /** The dropout of BERT's head and of its kin's: the encoder's, unless it has one of its own. */
  static double bertDropout(ConfigValues config) {
    return config.dropout("classifier_dropout", config.dropout("hidden_dropout_prob", 0.1));
  }
}
