package io.sparkfinetune.model.io;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Makes a {@code config.json} for a BERT encoder that came as a graph.
 *
 * <p>Sizes come from the weights' shapes, the number of heads from the Reshape that splits them,
 * the activation from its operator, epsilon from the norms. What a graph for inference does not
 * hold (dropouts, the padding token) gets transformers' default for BERT. The number of heads has
 * no default: a wrong one would load, and compute nonsense.
 */
final class OnnxBertConfig {
  private static final double DROPOUT = 0.1;
  private static final double INITIALIZER_RANGE = 0.02;
  private static final double LAYER_NORM_EPS = 1e-12;

  private final OnnxGraph graph;
  private final Map<String, TensorInfo> tensors;
  private final String file;
  private final Map<String, NodeProto> producers = new HashMap<>();

  private OnnxBertConfig(OnnxGraph graph, Map<String, TensorInfo> tensors, String file) {
    this.graph = graph;
    this.tensors = tensors;
    this.file = file;
    for (NodeProto node : graph.nodes()) {
      node.getOutputList().forEach(output -> producers.put(output, node));
    }
  }

  static String derive(OnnxGraph graph, Map<String, TensorInfo> tensors, String file) {
    return new OnnxBertConfig(graph, tensors, file).derive();
  }

  private String derive() {
    if (count("CumSum") > 0) {
      // RoBERTa's weights are named as BERT's; only the graph tells that its positions differ.
      throw unknown("it counts positions from the tokens (CumSum), as RoBERTa does and BERT not");
    }
    long hidden = dim("embeddings.word_embeddings.weight", 1);
    TensorInfo classifier = tensors.get("classifier.weight");
    ObjectNode config = Json.MAPPER.createObjectNode();
    config
        .putArray("architectures")
        .add(classifier == null ? "BertModel" : "BertForSequenceClassification");
    config
        .put("attention_probs_dropout_prob", DROPOUT)
        .put("hidden_act", activation())
        .put("hidden_dropout_prob", DROPOUT)
        .put("hidden_size", hidden);
    if (classifier != null) {
      ObjectNode labels = config.putObject("id2label");
      for (int i = 0; i < classifier.shape().get(0); i++) {
        labels.put(Integer.toString(i), "LABEL_" + i);
      }
    }
    config
        .put("initializer_range", INITIALIZER_RANGE)
        .put("intermediate_size", dim("encoder.layer.0.intermediate.dense.weight", 0))
        .put("layer_norm_eps", epsilon().orElse(LAYER_NORM_EPS))
        .put("max_position_embeddings", dim("embeddings.position_embeddings.weight", 0))
        .put("model_type", "bert")
        .put("num_attention_heads", heads(hidden))
        .put("num_hidden_layers", layers())
        .put("pad_token_id", 0)
        .put("position_embedding_type", "absolute")
        .put("type_vocab_size", dim("embeddings.token_type_embeddings.weight", 0))
        .put("vocab_size", dim("embeddings.word_embeddings.weight", 0));
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
    while (tensors.containsKey("encoder.layer." + layers + ".attention.self.query.weight")) {
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
    OnnxGraph.Initializer initializer = graph.initializers().get(name);
    if (initializer != null) {
      return initializer
          .integers()
          .map(values -> values.stream().map(Optional::of).toList())
          .orElse(List.of());
    }
    NodeProto node = producers.get(name);
    if (node == null) {
      return List.of();
    }
    List<Optional<Long>> elements = new ArrayList<>();
    if (node.getOpType().equals("Concat")) {
      for (String input : node.getInputList()) {
        List<Optional<Long>> part = vector(input);
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

  /** The pooler's Tanh is not the activation: it comes once, the feed-forward's once a layer. */
  private String activation() {
    boolean pooler = tensors.containsKey("pooler.dense.weight");
    if (count("Erf") >= layers() || gelus("none") >= layers()) {
      return "gelu";
    }
    if (count("Relu") >= layers()) {
      return "relu";
    }
    if (count("Tanh") - (pooler ? 1 : 0) >= layers() || gelus("tanh") >= layers()) {
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

  /** From LayerNormalization, or from the Add before the Sqrt of a norm that was spelt out. */
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
