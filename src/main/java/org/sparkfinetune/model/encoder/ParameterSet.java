package org.sparkfinetune.model.encoder;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TokenTensors;
import org.sparkfinetune.model.io.StateDictMatcher;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.torch.Libtorch;

/**
 * A model's weights by their Hugging Face names, in the order in which the model declares them:
 * fp32 tensors in native memory that live until {@link #close}. All are trainable unless frozen.
 */
public final class ParameterSet implements AutoCloseable {
  static {
    Libtorch.load();
  }

  /** Far more than any model has, and few enough to be declared in no time. */
  private static final int MAX_WEIGHTS = 20_000;

  /** A thousand billion. */
  private static final long MAX_NUMBERS = 1L << 40;

  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final List<AdaptableLayer> linears = new ArrayList<>();
  private Device device;
  private Parameter wordEmbeddings;
  private int depth;
  private long numbers;

  /** An empty set of weights in the processor's memory. */
  public ParameterSet() {
    this(torch.DeviceType.CPU);
  }

  /** An empty set; on libtorch's device {@code Meta} weights have shapes and no values. */
  public ParameterSet(torch.DeviceType device) {
    this.device = new Device(device).retainReference();
  }

  /** Names and shares out weights below one prefix, at one depth. */
  public final class Scope {
    private final String prefix;
    private final int depth;

    private Scope(String prefix, int depth) {
      this.prefix = prefix;
      this.depth = depth;
    }

    /** The scope of a part of this one's module; a part of a part has dots in its name. */
    public Scope child(String name) {
      return new Scope(prefix + name + ".", depth);
    }

    /** The scope of the layer of an index, from 0, in a list of layers. */
    public Scope layer(int index) {
      return new Scope(prefix + index + ".", index + 1);
    }

    /** This scope for a part of the layer of an index that is not named as one of the list. */
    public Scope atLayer(int index) {
      return new Scope(prefix, index + 1);
    }

    /** Declares a weight. Its values are undefined until it is loaded or initialized. */
    public Parameter parameter(String name, Parameter.Init init, long... shape) {
      requireDeclarable(prefix + name, shape);
      try (PointerScope scope = new PointerScope()) {
        TensorOptions on = new TensorOptions(device);
        Tensor tensor = torch.empty(shape, on, null).set_requires_grad(true);
        tensor.retainReference();
        Parameter parameter = new Parameter(prefix + name, depth, tensor, init);
        if (parameters.put(parameter.name(), parameter) != null) {
          throw new IllegalStateException(parameter.name() + " is declared twice");
        }
        ParameterSet.this.depth = Math.max(ParameterSet.this.depth, depth);
        return parameter;
      }
    }

    /** Declares the table of word vectors, a row a token id. */
    public Parameter wordEmbeddings(String name, Parameter.Init init, long rows, long size) {
      wordEmbeddings = parameter(name, init, rows, size);
      return wordEmbeddings;
    }

    /** Makes a linear layer known by this scope's name, and gives the name. */
    String register(AdaptableLayer layer) {
      linears.add(layer);
      return prefix.substring(0, prefix.length() - 1);
    }
  }

  private void requireDeclarable(String name, long[] shape) {
    if (parameters.size() >= MAX_WEIGHTS) {
      throw new UserException(
          "config.json describes a model of more than "
              + MAX_WEIGHTS
              + " weights: behind them comes "
              + name
              + ". Check the numbers of layers and groups in it");
    }
    // Sizes have limits: no product of three of them overflows.
    numbers += Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (numbers > MAX_NUMBERS) {
      throw new UserException(
          "config.json describes a model of %,d parameters and more. Check the sizes in it"
              .formatted(numbers));
    }
  }

  /** The scope of all names, at the depth of the embeddings. */
  public Scope root() {
    return new Scope("", 0);
  }

  /** The scope of all names, at the depth of a head on what has been declared so far. */
  public Scope headRoot() {
    return new Scope("", depth + 1);
  }

  /** The scope of a module that is there already. */
  public Scope scope(String module, int depth) {
    return new Scope(module + ".", depth);
  }

  /** The table of word vectors. */
  public Parameter wordEmbeddings() {
    return wordEmbeddings;
  }

  /** Where the weights are. */
  public Device device() {
    return device;
  }

  /** Moves the weights. */
  public void to(Device target) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Parameter parameter : parameters.values()) {
        Tensor tensor = parameter.tensor();
        tensor.set_data(tensor.to(target, tensor.scalar_type()));
      }
    }
    device.close();
    device = new Device(target).retainReference();
  }

  /** The linear layers, in order of declaration. */
  public List<AdaptableLayer> linears() {
    return Collections.unmodifiableList(linears);
  }

  /** The names of the weights of the adapters, which no plain model has. */
  public Set<String> adapterWeights() {
    return linears.stream()
        .map(AdaptableLayer::adapter)
        .filter(Objects::nonNull)
        .flatMap(adapter -> Stream.of(adapter.a().name(), adapter.b().name()))
        .collect(Collectors.toSet());
  }

  /** The depth of the head, which is the greatest. */
  public int headDepth() {
    return depth;
  }

  /** The number of layers that have weights of their own. */
  public int layers() {
    return depth - 1;
  }

  /** Freezes the weights whose depth is not more than {@code depth}; less than 0 freezes none. */
  public void freezeUpTo(int depth) {
    for (Parameter parameter : parameters.values()) {
      if (parameter.depth() <= depth) {
        parameter.tensor().requires_grad_(false);
      }
    }
  }

  /** Whether a weight is the head's. */
  public boolean isHead(String name) {
    return parameters.get(name).depth() == depth;
  }

  /** The weights in order of declaration. The set keeps owning their tensors. */
  public Collection<Parameter> parameters() {
    return Collections.unmodifiableCollection(parameters.values());
  }

  /** The weights that training changes, in order of declaration. */
  public List<Parameter> trainable() {
    return parameters.values().stream().filter(Parameter::trainable).toList();
  }

  /** Lets go of the gradients. */
  public void dropGradients() {
    trainable().forEach(parameter -> parameter.tensor().mutable_grad().reset());
  }

  /** How many numbers each part has, from the embeddings to the head. */
  public List<ParameterCount> counts() {
    long[] trainable = new long[depth + 1];
    long[] frozen = new long[depth + 1];
    for (Parameter parameter : parameters.values()) {
      (parameter.trainable() ? trainable : frozen)[parameter.depth()] += parameter.tensor().numel();
    }
    List<ParameterCount> counts = new ArrayList<>();
    for (int i = 0; i <= depth; i++) {
      String part = i == 0 ? "embeddings" : i == depth ? "head" : "layer " + i;
      counts.add(new ParameterCount(part, trainable[i], frozen[i]));
    }
    return counts;
  }

  /**
   * Checks that this machine's memory can hold the weights.
   *
   * @throws UserException when it cannot
   */
  public void requireRoom() {
    long memory =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    if (numbers > memory / Float.BYTES) {
      throw new UserException(
          "config.json describes a model of %,d parameters, %,d MiB in fp32, and this machine has %,d"
                  .formatted(numbers, numbers / (1 << 20) * Float.BYTES, memory >> 20)
              + " MiB of memory. Check the sizes in it");
    }
  }

  /** The weights' tensors by name, in order of declaration. The set keeps owning them. */
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> tensors.put(name, parameter.tensor()));
    return tensors;
  }

  /** The shape of each weight. */
  public Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> shapes.put(name, parameter.tensor().shape()));
    return shapes;
  }

  /** Gives the named weights their starting values, drawn in order from one seeded generator. */
  public void initialize(Collection<String> names, double initializerRange, long seed) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Generator generator = torch.make_generator_cpu(seed);
      for (String name : names) {
        Parameter parameter = parameters.get(name);
        Tensor tensor = parameter.tensor();
        switch (parameter.init()) {
          case NORMAL -> tensor.normal_(0, initializerRange, new GeneratorOptional(generator));
          case ZEROS -> tensor.zero_();
          case ONES -> tensor.fill_(new Scalar(1));
          case KAIMING_UNIFORM -> {
            double bound = 1 / Math.sqrt(tensor.size(1));
            tensor.uniform_(-bound, bound, new GeneratorOptional(generator));
          }
        }
      }
    }
  }

  /**
   * Takes the values of a pretrained model; each is read into its own new memory, so that weights
   * are never held twice.
   *
   * @param wanted the weights to take, with their shapes
   * @param prefix the family's {@code base_model_prefix}
   * @param optional which weights the pretrained model may lack, or have in another shape
   * @return what the pretrained model lacks and what it has too much; its tensors are this set's
   *     now
   */
  public StateDictMatcher load(
      TensorSource pretrained,
      Map<String, long[]> wanted,
      String prefix,
      Predicate<String> optional) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      StateDictMatcher weights = StateDictMatcher.load(pretrained, wanted, prefix, optional);
      weights.tensors().forEach((name, values) -> parameters.get(name).tensor().set_data(values));
      return weights;
    }
  }

  /** Puts a weight's rows into another order: row {@code i} becomes what {@code rows[i]} was. */
  public void reorderRows(String name, long[] rows) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor tensor = parameters.get(name).tensor();
      tensor.set_data(tensor.index_select(0, TokenTensors.int64(rows, rows.length)));
    }
  }

  @Override
  public void close() {
    parameters.values().forEach(parameter -> parameter.tensor().close());
    parameters.clear();
    device.close();
  }
}
