package org.sparkfinetune.model.io;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.UserException;

/**
 * Finds the weights of a model in an exported graph, under the names that they have in its Hugging
 * Face model, whatever its family.
 *
 * <p>PyTorch's exporter keeps the names of embeddings, norms and biases, but folds the transpose of
 * a Linear's weight into an anonymous initializer ({@code onnx::MatMul_123}), {@code [in, out]}.
 * Whose it is, is told by the Add after the MatMul, which holds the layer's named bias; a layer
 * without bias is named by its node, after the module's path ({@code
 * /model/layers.0/attn/Wqkv/MatMul}). Equal initializers are stored once, with Identity nodes that
 * carry the other names.
 */
final class OnnxWeights {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /** What only a quantized graph has. */
  private static final Set<String> QUANTIZED =
      Set.of(
          "MatMulInteger",
          "QLinearMatMul",
          "DequantizeLinear",
          "DynamicQuantizeLinear",
          "DynamicQuantizeMatMul",
          "QAttention",
          "MatMulNBits");

  /** What ONNX Runtime's optimizer makes of several layers, whose weights it joins. */
  private static final Set<String> FUSED =
      Set.of(
          "Attention",
          "MultiHeadAttention",
          "PackedAttention",
          "EmbedLayerNormalization",
          "SkipLayerNormalization",
          "BiasGelu",
          "FastGelu",
          "FusedMatMul");

  /** A module's path and its parameter; other initializers are constants of the graph. */
  private static final Pattern PARAMETER =
      Pattern.compile("[A-Za-z_0-9]+(\\.[A-Za-z_0-9]+)*\\.(weight|bias|gamma|beta)");

  private static final int MAX_NAME = 512;

  /** How a node of a module without bias is called; only its Linear's own MatMul is. */
  private static final Pattern MODULE = Pattern.compile("/(.+)/(MatMul|Gemm)(_\\d+)?");

  /** What the encoders call their table of word vectors. */
  private static final List<String> WORDS =
      List.of("word_embeddings" + WEIGHT, "tok_embeddings" + WEIGHT);

  /**
   * @param transposed whether the data is {@code [in, out]}, the transpose of the weight
   */
  record Stored(OnnxGraph.Initializer initializer, boolean transposed) {}

  private final OnnxGraph graph;
  private final String file;
  private final Map<String, String> initializerByAlias = new HashMap<>();
  private final Map<String, Stored> found = new LinkedHashMap<>();

  private OnnxWeights(OnnxGraph graph, String file) {
    this.graph = graph;
    this.file = file;
  }

  /**
   * The weights by name.
   *
   * @throws UserException when the graph is quantized, optimized or not a text encoder
   */
  static Map<String, Stored> find(OnnxGraph graph, String file) {
    return new OnnxWeights(graph, file).find();
  }

  private Map<String, Stored> find() {
    refuseChangedGraphs();
    graph.initializers().keySet().forEach(name -> initializerByAlias.put(name, name));
    graph.nodes().stream()
        .filter(node -> node.getOpType().equals("Identity"))
        .filter(node -> initializerByAlias.containsKey(node.getInput(0)))
        .forEach(
            node ->
                initializerByAlias.put(
                    node.getOutput(0), initializerByAlias.get(node.getInput(0))));

    initializerByAlias.keySet().forEach(name -> add(name, name, false));
    Map<String, NodeProto> addByInput = new HashMap<>();
    for (NodeProto node : graph.nodes()) {
      if (node.getOpType().equals("Add")) {
        node.getInputList().forEach(input -> addByInput.put(input, node));
      }
    }
    for (NodeProto node : graph.nodes()) {
      switch (node.getOpType()) {
        case "MatMul" -> addLinear(node, biasAfter(node, addByInput), true);
        case "Gemm" -> addLinear(node, bias(node), !flag(node, "transB"));
        default -> {}
      }
    }
    requireEncoder();
    return found;
  }

  private void refuseChangedGraphs() {
    for (NodeProto node : graph.nodes()) {
      if (QUANTIZED.contains(node.getOpType())) {
        throw new UserException(
            file
                + ": the model is quantized (its graph has "
                + node.getOpType()
                + "): it has lost what training needs. Give the fp32 or fp16 export.");
      }
      if (FUSED.contains(node.getOpType()) && !node.getDomain().isEmpty()) {
        throw new UserException(
            file
                + ": the graph was optimized for inference (it has "
                + node.getOpType()
                + "), which joined layers and lost their names. Export it again without"
                + " optimization, or give the model's Hugging Face folder.");
      }
    }
  }

  /** The Linear's weight is the second input of its MatMul or Gemm. */
  private void addLinear(NodeProto node, Optional<String> bias, boolean transposed) {
    String input = node.getInput(1);
    OnnxGraph.Initializer initializer = graph.initializers().get(initializerByAlias.get(input));
    if (initializer != null && initializer.dims().size() == 2) {
      String name =
          isParameter(input)
              ? input
              : bias.or(() -> module(node)).map(module -> module + WEIGHT).orElse(input);
      add(name, input, transposed);
    }
  }

  /** The module whose bias is added to a product. */
  private Optional<String> biasAfter(NodeProto matMul, Map<String, NodeProto> addByInput) {
    return Optional.ofNullable(addByInput.get(matMul.getOutput(0))).stream()
        .flatMap(add -> add.getInputList().stream())
        .filter(initializerByAlias::containsKey)
        .flatMap(name -> biasOf(name).stream())
        .findFirst();
  }

  private static Optional<String> bias(NodeProto gemm) {
    return gemm.getInputCount() > 2 ? biasOf(gemm.getInput(2)) : Optional.empty();
  }

  private static Optional<String> biasOf(String name) {
    return name.endsWith(BIAS)
        ? Optional.of(name.substring(0, name.length() - BIAS.length()))
        : Optional.empty();
  }

  private static Optional<String> module(NodeProto node) {
    return Optional.of(MODULE.matcher(node.getName()))
        .filter(Matcher::matches)
        .map(path -> path.group(1).replace('/', '.'));
  }

  private static boolean flag(NodeProto node, String attribute) {
    return node.getAttributeList().stream()
        .filter(a -> a.getName().equals(attribute))
        .mapToLong(AttributeProto::getI)
        .anyMatch(value -> value != 0);
  }

  /** A name of very many parts would overflow the matcher's stack. */
  private static boolean isParameter(String name) {
    return name.length() <= MAX_NAME && PARAMETER.matcher(name).matches();
  }

  private void add(String name, String alias, boolean transposed) {
    if (isParameter(name)) {
      found.put(
          name, new Stored(graph.initializers().get(initializerByAlias.get(alias)), transposed));
    }
  }

  private void requireEncoder() {
    boolean words =
        found.keySet().stream().anyMatch(name -> WORDS.stream().anyMatch(name::endsWith));
    boolean linears =
        found.entrySet().stream()
            .filter(entry -> !entry.getKey().contains("embeddings"))
            .anyMatch(entry -> entry.getValue().initializer().dims().size() == 2);
    if (!words || !linears) {
      List<String> names = List.copyOf(graph.initializers().keySet());
      throw new UserException(
          file
              + ": not a text encoder that can be read: its graph has no "
              + (words ? "Linear weights that have a name" : String.join(" or ", WORDS))
              + " (of its "
              + names.size()
              + " initializers the first are "
              + names.subList(0, Math.min(5, names.size()))
              + "). Expected a model as torch.onnx.export or Optimum writes it, without graph"
              + " optimization; or give its Hugging Face folder.");
    }
  }
}
