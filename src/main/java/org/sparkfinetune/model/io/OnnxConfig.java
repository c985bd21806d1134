package org.sparkfinetune.model.io;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.sparkfinetune.UserException;

/**
 * Makes a {@code config.json} for a BERT, RoBERTa or DistilBERT that came as a graph alone; the
 * other families say too little of themselves in a graph.
 *
 * <p>Sizes come from the weights' shapes, the number of heads from the Reshape that splits them,
 * the activation from its operator, epsilon from the norms. What a graph for inference does not
 * hold (dropouts, the padding token) gets transformers' default for the family. The number of heads
 * has no default: a wrong one would load, and compute nonsense. XLM-RoBERTa and CamemBERT compute
 * as RoBERTa does and are taken for it.
 */
final class OnnxConfig {
  /** Elements of a shape, and how many Concats deep it is put together. */
  private static final int MAX_SHAPE = 8;

  /** A classifier of more is none. */
  private static final int MAX_LABELS = 1 << 17;

  private static final double DROPOUT = 0.1;
  private static final double INITIALIZER_RANGE = 0.02;
  private static final double LAYER_NORM_EPS = 1e-12;

  /** The Linears outside of the layers that have a Tanh behind them. */
  private static final Set<String> HEAD_TANH =
      Set.of("pooler.dense.weight", "classifier.dense.weight");

  /**
   * How a family calls what tells its sizes.
   *
   * @param layer the path of the layers, up to their number
   * @param outer the last Linear of a classifier
   */
  private record Layout(
      String modelType,
      String architecture,
      String layer,
      String query,
      String intermediate,
      String outer,
      int padTokenId) {}

  private static final Layout BERT =
      new Layout(
          "bert",
          "Bert",
          "encoder.layer.",
          "attention.self.query",
          "intermediate.dense",
          "classifier",
          0);
  private static final Layout ROBERTA =
      new Layout(
          "roberta",
          "Roberta",
          "encoder.layer.",
          "attention.self.query",
          "intermediate.dense",
          "classifier.out_proj",
          1);
  private static final Layout DISTILBERT =
      new Layout(
          "distilbert",
          "DistilBert",
          "transformer.layer.",
          "attention.q_lin",
          "ffn.lin1",
          "classifier",
          0);

  private final OnnxGraph graph;
  private final Map<String, TensorInfo> tensors = new HashMap<>();
  private final String file;
  private final Layout layout;
  private final Map<String, NodeProto> producers = new HashMap<>();

  private OnnxConfig(OnnxGraph graph, Map<String, TensorInfo> tensors, String file) {
    this.graph = graph;
    this.file = file;
    for (Layout known : List.of(BERT, ROBERTA, DISTILBERT)) {
      tensors.forEach(
          (name, info) ->
              this.tensors.put(StateDictMatcher.canonicalName(name, known.modelType()), info));
    }
    for (NodeProto node : graph.nodes()) {
      node.getOutputList().forEach(output -> producers.put(output, node));
    }
    this.layout = layout();
  }

  static String derive(OnnxGraph graph, Map<String, TensorInfo> tensors, String file) {
    return new OnnxConfig(graph, tensors, file).derive();
  }

  private Layout layout() {
    if (hasLayer(DISTILBERT)) {
      return DISTILBERT;
    }
    // RoBERTa's weights are named as BERT's; only the graph tells that its positions differ.
    // ELECTRA's layers are too, but not its embeddings and its head.
    if (hasLayer(BERT)
        && !tensors.containsKey("embeddings_project.weight")
        && tensors.keySet().stream().noneMatch(name -> name.startsWith("electra."))) {
      return count("CumSum") > 0 ? ROBERTA : BERT;
    }
    throw unknown("it is none of BERT, RoBERTa and DistilBERT");
  }

  private boolean hasLayer(Layout layout) {
    return tensors.containsKey(layout.layer() + "0." + layout.query() + ".weight");
  }

  private String derive() {
    long hidden = dim("embeddings.word_embeddings.weight", 1);
    TensorInfo classifier = tensors.get(layout.outer() + ".weight");
    ObjectNode config = Json.MAPPER.createObjectNode();
    config
        .putArray("architectures")
        .add(layout.architecture() + (classifier == null ? "Model" : "ForSequenceClassification"));
    if (classifier != null) {
      if (classifier.bytes() == 0 || classifier.shape().get(0) > MAX_LABELS) {
        throw new UserException(
            file
                + ": tensor '"
                + layout.outer()
                + ".weight' of shape "
                + classifier.shape()
                + " is empty, or larger than any. Export the model again.");
      }
      ObjectNode labels = config.putObject("id2label");
      for (int i = 0; i < classifier.shape().get(0); i++) {
        labels.put(Integer.toString(i), "LABEL_" + i);
      }
    }
    config
        .put("initializer_range", INITIALIZER_RANGE)
        .put("max_position_embeddings", dim("embeddings.position_embeddings.weight", 0))
        .put("model_type", layout.modelType())
        .put("pad_token_id", layout.padTokenId())
        .put("vocab_size", dim("embeddings.word_embeddings.weight", 0));
    String intermediate = layout.layer() + "0." + layout.intermediate() + ".weight";
    if (layout == DISTILBERT) {
      config
          .put("activation", activation())
          .put("attention_dropout", DROPOUT)
          .put("dim", hidden)
          .put("dropout", DROPOUT)
          .put("hidden_dim", dim(intermediate, 0))
          .put("n_heads", heads(hidden))
          .put("n_layers", layers())
          .put("seq_classif_dropout", 0.2)
          .put("sinusoidal_pos_embds", false);
    } else {
      config
          .put("attention_probs_dropout_prob", DROPOUT)
          .put("hidden_act", activation())
          .put("hidden_dropout_prob", DROPOUT)
          .put("hidden_size", hidden)
          .put("intermediate_size", dim(intermediate, 0))
          .put("layer_norm_eps", epsilon().orElse(LAYER_NORM_EPS))
          .put("num_attention_heads", heads(hidden))
          .put("num_hidden_layers", layers())
          .put("position_embedding_type", "absolute")
          .put("type_vocab_size", dim("embeddings.token_type_embeddings.weight", 0));
    }
    return Json.text(config);
  }

  private long dim(String tensor, int axis) {
    TensorInfo info = tensors.get(tensor);
    if (info == null || info.shape().size() != 2) {
      throw unknown(
          "'" + tensor + "' should be a matrix, and is " + (info == null ? "missing" : info));
    }
    return info.shape().get(axis);
  }

  private int layers() {
    int layers = 0;
    while (tensors.containsKey(layout.layer() + layers + "." + layout.query() + ".weight")) {
      layers++;
    }
    return layers;
  }

  /** Queries are reshaped to [batch, length, heads, hidden / heads]; one of the two may be -1. */
  private long heads(long hidden) {
    for (NodeProto node : graph.nodes()) {
      if (node.getOpType().equals("Reshape")) {
        List<Optional<Long>> shape = vector(node.getInput(1));
        if (shape.size() == 4) {
          long heads = shape.get(2).orElse(-1L);
          long size = shape.get(3).orElse(-1L);
          if (heads > 0 && (heads * size == hidden || size == -1 && hidden % heads == 0)) {
            return heads;
          }
          if (heads == -1 && size > 0 && hidden % size == 0) {
            return hidden / size;
          }
        }
      }
    }
    throw unknown("no Reshape splits the hidden size of " + hidden + " into attention heads");
  }

  /** The elements of a shape in the graph, as far as they are constants. */
  private List<Optional<Long>> vector(String name) {
    return vector(name, 0);
  }

  /** A graph need not be one: what leads back to itself, or is larger than a shape, is no shape. */
  private List<Optional<Long>> vector(String name, int depth) {
    OnnxGraph.Initializer initializer = graph.initializers().get(name);
    if (initializer != null) {
      return initializer
          .integers()
          .map(values -> values.stream().map(Optional::of).toList())
          .orElse(List.of());
    }
    NodeProto node = producers.get(name);
    if (node == null || depth > MAX_SHAPE) {
      return List.of();
    }
    List<Optional<Long>> elements = new ArrayList<>();
    if (node.getOpType().equals("Concat")) {
      for (String input : node.getInputList()) {
        if (elements.size() > MAX_SHAPE) {
          return List.of();
        }
        List<Optional<Long>> part = vector(input, depth + 1);
        // What is not a constant is the batch size or the length: one element.
        elements.addAll(part.isEmpty() ? List.of(Optional.empty()) : part);
      }
    } else {
      constant(node)
          .filter(tensor -> tensor.getDataType() == TensorProto.DataType.INT64.getNumber())
          .ifPresent(tensor -> integers(tensor).forEach(i -> elements.add(Optional.of(i))));
    }
    return elements;
  }

  private static Optional<TensorProto> constant(NodeProto node) {
    return node.getOpType().equals("Constant") ? attribute(node, "value") : Optional.empty();
  }

  private static Optional<TensorProto> attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(a -> a.getName().equals(name))
        .map(AttributeProto::getT)
        .findFirst();
  }

  private static List<Long> integers(TensorProto tensor) {
    if (!tensor.hasRawData()) {
      return tensor.getInt64DataList();
    }
    ByteBuffer data = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    List<Long> values = new ArrayList<>();
    while (data.remaining() >= Long.BYTES) {
      values.add(data.getLong());
    }
    return values;
  }

  /** The Tanh of a pooler or head is not the activation: that comes once a layer. */
  private String activation() {
    long outside = tensors.keySet().stream().filter(HEAD_TANH::contains).count();
    if (count("Erf") >= layers() || gelus("none") >= layers()) {
      return "gelu";
    }
    if (count("Relu") >= layers()) {
      return "relu";
    }
    if (count("Tanh") - outside >= layers() || gelus("tanh") >= layers()) {
      return "gelu_new";
    }
    throw unknown("its activation is none of gelu, gelu_new and relu");
  }

  private long count(String operator) {
    return graph.nodes().stream().filter(node -> node.getOpType().equals(operator)).count();
  }

  private long gelus(String approximate) {
    return graph.nodes().stream()
        .filter(node -> node.getOpType().equals("Gelu"))
        .filter(
            node ->
                node.getAttributeList().stream()
                    .filter(a -> a.getName().equals("approximate"))
                    .map(a -> a.getS().toStringUtf8())
                    .findFirst()
                    .orElse("none")
                    .equals(approximate))
        .count();
  }

  /** From LayerNormalization, or from the Add before the Sqrt of a norm that was spelled out. */
  private OptionalDouble epsilon() {
    for (NodeProto node : graph.nodes()) {
      if (node.getOpType().equals("LayerNormalization")) {
        return node.getAttributeList().stream()
            .filter(a -> a.getName().equals("epsilon"))
            .mapToDouble(a -> shortest(a.getF()))
            .findFirst();
      }
      if (node.getOpType().equals("Sqrt")) {
        NodeProto add = producers.get(node.getInput(0));
        if (add != null && add.getOpType().equals("Add")) {
          return add.getInputList().stream()
              .flatMap(input -> Optional.ofNullable(producers.get(input)).stream())
              .flatMap(producer -> constant(producer).stream())
              .filter(tensor -> tensor.getRawData().size() == Float.BYTES)
              .mapToDouble(
                  tensor ->
                      shortest(
                          tensor
                              .getRawData()
                              .asReadOnlyByteBuffer()
                              .order(ByteOrder.LITTLE_ENDIAN)
                              .getFloat()))
              .findFirst();
        }
      }
    }
    return OptionalDouble.empty();
  }

  /** The float 1e-12 as the double 1e-12, and not as 9.999999960041972e-13. */
  private static double shortest(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private UserException unknown(String what) {
    return new UserException(
        file
            + ": the configuration cannot be made from the graph: "
            + what
            + ". Put the model's config.json beside the file.");
  }
}
