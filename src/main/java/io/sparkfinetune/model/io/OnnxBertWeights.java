package io.sparkfinetune.model.io;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.sparkfinetune.UserException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the weights of a BERT encoder (and its pooler and classifier, if any) in an exported graph,
 * under the names that they have in a Hugging Face checkpoint, without prefix.
 *
 * <p>PyTorch's exporter keeps the names of embeddings, norms and biases, but folds the transpose of
 * a Linear's weight into an anonymous initialiser ({@code onnx::MatMul_123}), {@code [in, out]}.
 * Whose it is, is told by the Add after the MatMul, which holds the layer's named bias. Equal
 * initialisers are stored once, with Identity nodes that carry the other names.
 */
final class OnnxBertWeights {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /** What only a quantised graph has. */
  private static final Set<String> QUANTISED =
      Set.of(
          "MatMulInteger",
          "QLinearMatMul",
          "DequantizeLinear",
          "DynamicQuantizeLinear",
          "DynamicQuantizeMatMul",
          "QAttention",
          "MatMulNBits");

  private static final List<String> PARTS =
      List.of("embeddings.", "encoder.layer.", "pooler.", "classifier.");

  /** What every BERT encoder has; a graph without them is another model or an optimised one. */
  private static final List<String> REQUIRED =
      List.of(
          "embeddings.word_embeddings.weight",
          "embeddings.position_embeddings.weight",
          "embeddings.LayerNorm.weight",
          "encoder.layer.0.attention.self.query.weight",
          "encoder.layer.0.intermediate.dense.weight",
          "encoder.layer.0.output.LayerNorm.weight");

  /**
   * @param transposed whether the data is {@code [in, out]}, the transpose of the weight
   */
  record Stored(OnnxGraph.Initializer initializer, boolean transposed) {}

  private final OnnxGraph graph;
  private final String file;
  private final Map<String, String> initializerByAlias = new HashMap<>();
  private final Map<String, Stored> found = new HashMap<>();

  private OnnxBertWeights(OnnxGraph graph, String file) {
    this.graph = graph;
    this.file = file;
  }

  /**
   * The weights by name, in the order of their data in the file.
   *
   * @throws UserException when the graph is quantised or not a BERT encoder
   */
  static Map<String, Stored> find(OnnxGraph graph, String file) {
    return new OnnxBertWeights(graph, file).find();
  }

  private Map<String, Stored> find() {
    for (NodeProto node : graph.nodes()) {
      if (QUANTISED.contains(node.getOpType())) {
        throw new UserException(
            file
                + ": the model is quantised (its graph has "
                + node.getOpType()
                + "): it has lost what training needs. Give the fp32 or fp16 export.");
      }
    }
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
    requireBert();
    return inFileOrder();
  }

  /** The Linear's weight is the second input of its MatMul or Gemm; the bias gives its name. */
  private void addLinear(NodeProto node, String bias, boolean transposed) {
    String input = node.getInput(1);
    if (initializerByAlias.containsKey(input)) {
      String name =
          bias.endsWith(BIAS) ? bias.substring(0, bias.length() - BIAS.length()) + WEIGHT : input;
      add(name, input, transposed);
    }
  }

  private String biasAfter(NodeProto matMul, Map<String, NodeProto> addByInput) {
    NodeProto add = addByInput.get(matMul.getOutput(0));
    if (add == null) {
      return "";
    }
    return add.getInputList().stream()
        .filter(initializerByAlias::containsKey)
        .findFirst()
        .orElse("");
  }

  private static String bias(NodeProto gemm) {
    return gemm.getInputCount() > 2 ? gemm.getInput(2) : "";
  }

  private static boolean flag(NodeProto node, String attribute) {
    return node.getAttributeList().stream()
        .filter(a -> a.getName().equals(attribute))
        .mapToLong(AttributeProto::getI)
        .anyMatch(value -> value != 0);
  }

  private void add(String name, String alias, boolean transposed) {
    String canonical = Weights.canonicalName(name);
    // Other initialisers are constants of the graph: shapes, masks, scalars.
    if (PARTS.stream().anyMatch(canonical::startsWith)) {
      found.put(
          canonical,
          new Stored(graph.initializers().get(initializerByAlias.get(alias)), transposed));
    }
  }

  private void requireBert() {
    List<String> lacking = REQUIRED.stream().filter(name -> !found.containsKey(name)).toList();
    if (!lacking.isEmpty()) {
      List<String> names = List.copyOf(graph.initializers().keySet());
      throw new UserException(
          file
              + ": not a BERT encoder that can be read: its graph has no "
              + String.join(", ", lacking)
              + " (of its "
              + names.size()
              + " initialisers the first are "
              + names.subList(0, Math.min(5, names.size()))
              + "). Expected a BERT model as torch.onnx.export or Optimum writes it, without graph"
              + " optimisation; or give its Hugging Face folder.");
    }
  }

  private Map<String, Stored> inFileOrder() {
    List<Map.Entry<String, Stored>> entries = new ArrayList<>(found.entrySet());
    entries.sort(
        Comparator.<Map.Entry<String, Stored>>comparingLong(
                e -> e.getValue().initializer().position())
            .thenComparing(Map.Entry::getKey));
    Map<String, Stored> ordered = new LinkedHashMap<>();
    entries.forEach(e -> ordered.put(e.getKey(), e.getValue()));
    return ordered;
  }
}
