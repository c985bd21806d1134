package org.sparkfinetune.model.compute;

import java.util.List;
import java.util.Optional;

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

  /** The names that are known. */
  public static final List<String> NAMES =
      List.of("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh");

  /** The function of one of {@link #NAMES}; empty for another name. */
  public static Optional<Activation> of(String name) {
    return switch (name) {
      case "gelu" -> Optional.of(GELU);
      case "gelu_new", "gelu_pytorch_tanh" -> Optional.of(GELU_NEW);
      case "relu" -> Optional.of(RELU);
      case "silu", "swish" -> Optional.of(SILU);
      case "tanh" -> Optional.of(TANH);
      default -> Optional.empty();
    };
  }
}
