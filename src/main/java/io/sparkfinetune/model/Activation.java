package io.sparkfinetune.model;

import io.sparkfinetune.UserException;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The activation functions, by Hugging Face's {@code hidden_act}. */
enum Activation {
  /** {@code x Phi(x)}, by the error function. */
  GELU,
  /** The approximation of GELU by tanh. */
  GELU_NEW,
  RELU,
  /** {@code x sigmoid(x)}. */
  SILU;

  static Activation of(String hiddenAct) {
    return switch (hiddenAct) {
      case "gelu" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh" -> GELU_NEW;
      case "relu" -> RELU;
      case "silu", "swish" -> SILU;
      default ->
          throw new UserException(
              "config.json: hidden_act="
                  + hiddenAct
                  + " is not known; expected gelu, gelu_new, gelu_pytorch_tanh, relu, silu or swish");
    };
  }

  Tensor apply(Tensor x) {
    return switch (this) {
      case GELU -> torch.gelu(x);
      case GELU_NEW -> torch.gelu(x, "tanh");
      case RELU -> torch.relu(x);
      case SILU -> torch.silu(x);
    };
  }
}
