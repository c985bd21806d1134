package io.sparkfinetune.model;

import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.model.io.Weights;
import io.sparkfinetune.torch.Libtorch;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A model's trainable weights by their Hugging Face names, in the order in which the model declares
 * them: fp32 tensors in native memory that live until {@link #close}.
 */
public final class ParameterSet implements AutoCloseable {
  /** How a weight starts when no checkpoint holds it. */
  enum Init {
    /** Normal with mean 0 and the configuration's {@code initializer_range} as deviation. */
    NORMAL,
    ZEROS,
    ONES
  }

  static {
    Libtorch.load();
  }

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, Init> inits = new LinkedHashMap<>();

  /** Names and shares out weights below one prefix. */
  final class Scope {
    private final String prefix;

    private Scope(String prefix) {
      this.prefix = prefix;
    }

    /** The scope of a part of this one's module. */
    Scope child(String name) {
      return new Scope(prefix + name + ".");
    }

    /** Declares a weight. Its values are undefined until it is loaded or initialised. */
    Tensor parameter(String name, Init init, long... shape) {
      try (PointerScope scope = new PointerScope()) {
        Tensor tensor = torch.empty(shape).set_requires_grad(true);
        tensor.retainReference();
        if (tensors.put(prefix + name, tensor) != null) {
          throw new IllegalStateException(prefix + name + " is declared twice");
        }
        inits.put(prefix + name, init);
        return tensor;
      }
    }
  }

  /** The scope of all names. */
  Scope root() {
    return new Scope("");
  }

  /** The weights by name, in order of declaration. The set keeps owning them. */
  public Map<String, Tensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** The shape of each weight. */
  public Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes;
  }

  /** Gives the named weights their starting values, drawn in order from one seeded generator. */
  void initialise(Collection<String> names, double initializerRange, long seed) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Generator generator = torch.make_generator_cpu(seed);
      for (String name : names) {
        Tensor tensor = tensors.get(name);
        switch (inits.get(name)) {
          case NORMAL -> tensor.normal_(0, initializerRange, new GeneratorOptional(generator));
          case ZEROS -> tensor.zero_();
          case ONES -> tensor.fill_(new Scalar(1));
        }
      }
    }
  }

  /**
   * Takes the values of a checkpoint; each is read into its own new memory, so that weights are
   * never held twice.
   *
   * @param optional which weights the checkpoint may lack, or have in another shape
   * @return the names of the weights that it has no values for
   */
  List<String> load(TensorSource checkpoint, Predicate<String> optional) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Weights weights = Weights.load(checkpoint, shapes(), optional);
      weights.tensors().forEach((name, values) -> tensors.get(name).set_data(values));
      return weights.missing();
    }
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
