package io.sparkfinetune.model;

import org.bytedeco.pytorch.Tensor;

/** What sets one Hugging Face {@code model_type} apart from the others. */
interface EncoderFamily {
  /** The {@code model_type}, as in {@code bert}. */
  String modelType();

  /**
   * Hugging Face's class of this family's classifier, as in {@code BertForSequenceClassification}.
   */
  String classifierArchitecture();

  /** What precedes the encoder's weights in a classifier's checkpoint, as in {@code bert}. */
  String prefix();

  /** The longest row in tokens. */
  int maxTokens(ModelConfig config);

  /**
   * Declares the encoder's weights and builds it.
   *
   * @param scope where its names start, behind the prefix
   */
  Encoder encoder(ModelConfig config, ParameterSet.Scope scope);

  /**
   * Declares the weights of Hugging Face's own pooling and builds it.
   *
   * @param scope where its names start, behind the prefix
   */
  Pooler pooler(ModelConfig config, ParameterSet.Scope scope);

  /** Turns token vectors into one vector a row. */
  interface Pooler {
    /** {@code [rows, length, hidden]} to {@code [rows, hidden]}. */
    Tensor forward(ForwardPass pass, Tensor tokenVectors);
  }
}
