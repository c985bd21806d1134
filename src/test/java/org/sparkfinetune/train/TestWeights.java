package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.TestDevice;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.torch.Libtorch;

/** A few weights, and gradients for them, as {@code tools/goldens/training.py} makes them. */
final class TestWeights implements AutoCloseable {
  static final int HEAD_DEPTH = 2;

  private final List<Parameter> parameters = new ArrayList<>();

  TestWeights() {
    Libtorch.load();
    // Two threads for so little wait for each other most of the time.
    Libtorch.setThreads(1);
    add("embeddings.weight", 0, 8, 4);
    add("layer.weight", 1, 6, 5);
    add("layer.bias", 1, 6);
    add("head.weight", 2, 3, 6);
  }

  /** A number in [-1, 1) for three whole ones; its arithmetic is exact. */
  static double value(long a, long b, long c) {
    long x = 1009 * a + 9176 * b + 131 * c + 17;
    return (x * x + 7 * x) % 65521 / 32760.5 - 1;
  }

  /** Arguments of training with some settings. */
  static TrainingArguments arguments(Map<String, ?> settings) {
    return Schema.of("training", TrainingArguments.class).create(settings);
  }

  /** Arguments of an optimizer with some settings, given as names and values in turn. */
  static OptimizerArguments optimizer(Object... settings) {
    Map<String, Object> values = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      values.put((String) settings[i], settings[i + 1]);
    }
    return arguments(values).optimizer();
  }

  private void add(String name, int depth, long... shape) {
    int index = parameters.size();
    try (PointerScope scope = new PointerScope()) {
      Tensor tensor = torch.zeros(shape);
      float[] start = new float[(int) tensor.numel()];
      for (int i = 0; i < start.length; i++) {
        start[i] = (float) value(index, 0, i);
      }
      new FloatPointer(tensor.data_ptr()).put(start);
      Tensor there = TestDevice.on(tensor).requires_grad_(true);
      there.retainReference();
      parameters.add(new Parameter(name, depth, there, Parameter.Init.ZEROS));
    }
  }

  List<Parameter> parameters() {
    return parameters;
  }

  Optimizer optimizer(OptimizerArguments arguments) {
    return Optimizers.create(ParameterGroups.of(parameters, HEAD_DEPTH, arguments), arguments);
  }

  /** Gives the weights the gradients of a step. */
  void setGradients(int step) {
    try (PointerScope scope = new PointerScope()) {
      for (int k = 0; k < parameters.size(); k++) {
        Tensor weight = parameters.get(k).tensor();
        long rows = weight.size(0);
        long width = weight.size(weight.dim() - 1);
        Tensor gradient = torch.zeros(weight.shape());
        float[] numbers = new float[(int) weight.numel()];
        for (int i = 0; i < numbers.length; i++) {
          long row = i / width;
          boolean untouched = k == 0 && ((row + step) % 3 > 0 || row == rows - 1);
          numbers[i] = untouched ? 0 : (float) (value(k, step, i) * Math.pow(2, -(i % 5)));
        }
        new FloatPointer(gradient.data_ptr()).put(numbers);
        weight.mutable_grad().put(TestDevice.on(gradient));
      }
    }
  }

  /** The weights' numbers by their names. */
  Map<String, float[]> values() {
    Map<String, float[]> values = new LinkedHashMap<>();
    parameters.forEach(weight -> values.put(weight.name(), numbers(weight.tensor())));
    return values;
  }

  /** The numbers of a contiguous tensor, wherever it is. */
  static float[] numbers(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      float[] numbers = new float[(int) tensor.numel()];
      new FloatPointer(tensor.cpu().data_ptr()).get(numbers);
      return numbers;
    }
  }

  @Override
  public void close() {
    parameters.forEach(weight -> weight.tensor().close());
  }
}
