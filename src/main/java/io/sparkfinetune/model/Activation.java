package io.sparkfinetune.model;

import io.sparkfinetune.UserException;

/** The activation functions, by Hugging Face's {@code hidden_act}. */
public enum Activation {
  /** {@code x Phi(x)}, by the error function. */
  GELU,
  /** The approximation of GELU by tanh. */
  GELU_NEW,
  RELU,
  /** {@code x sigmoid(x)}. */
  SILU,
  TANH;

  /**
   * The function of a name.
   *
   * @throws UserException when it is unknown; the message lists the known ones
   */
  static Activation of(String hiddenAct) {
    return switch (hiddenAct) {
      case "gelu" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh" -> GELU_NEW;
      case "relu" -> RELU;
      case "silu", "swish" -> SILU;
      case "tanh" -> TANH;
      default ->
          throw new UserException(
              "config.json: hidden_act="
                  + hiddenAct
                  + " is not known; expected gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish or tanh");
    };
  }
}
