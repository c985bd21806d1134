package io.sparkfinetune.train;

import io.sparkfinetune.model.ParameterSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.OptimizerParamGroup;
import org.bytedeco.pytorch.OptimizerParamGroupVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017), libtorch's own. Biases and norms,
 * which are the weights of one dimension, do not decay.
 */
final class AdamW implements Optimizer {
  private final org.bytedeco.pytorch.AdamW adamW;

  AdamW(ParameterSet parameters, TrainingArguments arguments) {
    try (PointerScope scope = new PointerScope()) {
      TensorVector decaying = new TensorVector();
      TensorVector others = new TensorVector();
      for (Tensor tensor : parameters.tensors().values()) {
        (tensor.dim() > 1 ? decaying : others).push_back(tensor);
      }
      adamW = new org.bytedeco.pytorch.AdamW(decaying, options(arguments, arguments.weightDecay()));
      adamW.add_param_group(new OptimizerParamGroup(others, options(arguments, 0)));
      adamW.retainReference();
    }
  }

  private static AdamWOptions options(TrainingArguments arguments, double weightDecay) {
    AdamWOptions options = new AdamWOptions(arguments.learningRate());
    options.betas().put(arguments.adamBeta1(), arguments.adamBeta2());
    options.eps().put(arguments.adamEpsilon());
    options.weight_decay().put(weightDecay);
    return options;
  }

  @Override
  public void step(double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      OptimizerParamGroupVector groups = adamW.param_groups();
      for (long i = 0; i < groups.size(); i++) {
        groups.get(i).options().set_lr(learningRate);
      }
      adamW.step();
      adamW.zero_grad();
    }
  }

  @Override
  public void close() {
    adamW.close();
  }
}
