package org.sparkfinetune.model.io;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;

/**
 * An ONNX file without its weights: the nodes, and where each initializer's data lies.
 *
 * <p>{@code ModelProto.parseFrom} would hold the whole file on the heap. This walks the fields of
 * the model and its graph instead, and steps over the data.
 *
 * @param initializers by name, in the order of the file
 */
record OnnxGraph(List<NodeProto> nodes, Map<String, Initializer> initializers) {
  /** Small enough to be a shape or another constant of the graph: its data is kept. */
  private static final int CONSTANT_BYTES = 1024;

  /** Some thousand are usual; an empty one is two bytes in the file and a hundred in memory. */
  private static final int MAX_PARTS = 200_000;

  /** Nodes are held in memory as they are; weights do not lie in them. */
  private static final long MAX_NODE_BYTES = 64 << 20;

  /**
   * @param dtype empty for a type that no weight or index has
   * @param position of the data's first byte in the file; -1 when the data is not there as plain
   *     little-endian elements
   * @param bytes the length of the data
   * @param constant the data of a small initializer, else empty
   * @param location the file beside this one that holds the data, if it is not in this one
   */
  record Initializer(
      Optional<DType> dtype,
      List<Long> dims,
      long position,
      long bytes,
      byte[] constant,
      Optional<String> location) {

    /** The values of a small integer initializer; empty if it is none. */
    Optional<List<Long>> integers() {
      if (dtype.filter(t -> t == DType.I64).isEmpty() || constant.length != bytes) {
        return Optional.empty();
      }
      ByteBuffer data = ByteBuffer.wrap(constant).order(ByteOrder.LITTLE_ENDIAN);
      List<Long> values = new ArrayList<>();
      while (data.remaining() >= Long.BYTES) {
        values.add(data.getLong());
      }
      return Optional.of(values);
    }
  }

  static OnnxGraph read(ByteSource source) throws IOException {
    OnnxGraph graph = new OnnxGraph(new ArrayList<>(), new LinkedHashMap<>());
    try {
      CodedInputStream in = CodedInputStream.newInstance(source.from(0));
      in.setSizeLimit(Integer.MAX_VALUE);
      boolean found = false;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (isMessage(tag, ModelProto.GRAPH_FIELD_NUMBER)) {
          graph.readGraph(in, source.name());
          found = true;
        } else if (!in.skipField(tag)) {
          throw new InvalidProtocolBufferException("unexpected end of a group");
        }
      }
      if (!found) {
        throw new InvalidProtocolBufferException("it holds no graph");
      }
    } catch (InvalidProtocolBufferException | EOFException e) {
      throw new UserException(
          source.name() + ": not an ONNX file, or truncated (" + e.getMessage() + ").", e);
    }
    graph.initializers.forEach(
        (name, initializer) -> {
          if (initializer.location.isEmpty()
              && source.length() >= 0
              && initializer.position > source.length() - initializer.bytes) {
            throw new UserException(
                source.name()
                    + ": the data of tensor '"
                    + name
                    + "' should end at byte "
                    + (initializer.position + initializer.bytes)
                    + ", but the file ends after "
                    + source.length()
                    + ". It is truncated: copy it again.");
          }
        });
    return graph;
  }

  private static boolean isMessage(int tag, int field) {
    return WireFormat.getTagFieldNumber(tag) == field
        && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  private void readGraph(CodedInputStream in, String file) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    long nodeBytes = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (nodes.size() + initializers.size() > MAX_PARTS || nodeBytes > MAX_NODE_BYTES) {
        throw new UserException(
            file
                + ": its graph has more than "
                + MAX_PARTS
                + " nodes and initializers, or "
                + MAX_NODE_BYTES
                + " bytes of nodes: no text encoder's has.");
      }
      if (isMessage(tag, GraphProto.NODE_FIELD_NUMBER)) {
        byte[] node = in.readByteArray();
        nodeBytes += node.length;
        nodes.add(NodeProto.parseFrom(node));
      } else if (isMessage(tag, GraphProto.INITIALIZER_FIELD_NUMBER)) {
        readInitializer(in, file);
      } else {
        in.skipField(tag);
      }
    }
    in.popLimit(outer);
  }

  private void readInitializer(CodedInputStream in, String file) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    String name = "";
    int type = 0;
    List<Long> dims = new ArrayList<>();
    long position = -1;
    long bytes = 0;
    byte[] constant = {};
    boolean isExternal = false;
    Map<String, String> external = new HashMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case TensorProto.NAME_FIELD_NUMBER -> name = in.readString();
        case TensorProto.DATA_TYPE_FIELD_NUMBER -> type = in.readInt32();
        case TensorProto.DIMS_FIELD_NUMBER -> readDims(in, tag, dims);
        case TensorProto.DATA_LOCATION_FIELD_NUMBER -> isExternal = in.readEnum() != 0;
        case TensorProto.EXTERNAL_DATA_FIELD_NUMBER -> {
          StringStringEntryProto entry = StringStringEntryProto.parseFrom(in.readByteArray());
          external.put(entry.getKey(), entry.getValue());
        }
        // Packed floats and doubles are the same bytes as raw data.
        case TensorProto.RAW_DATA_FIELD_NUMBER,
            TensorProto.FLOAT_DATA_FIELD_NUMBER,
            TensorProto.DOUBLE_DATA_FIELD_NUMBER -> {
          int length = in.readRawVarint32();
          bytes = length;
          position = in.getTotalBytesRead();
          if (length <= CONSTANT_BYTES) {
            constant = in.readRawBytes(length);
          } else {
            in.skipRawBytes(length);
          }
        }
        default -> in.skipField(tag);
      }
    }
    in.popLimit(outer);
    if (dims.size() > TensorInfo.MAX_DIMENSIONS) {
      throw new UserException(
          file + ": tensor '" + name + "' has " + dims.size() + " dimensions; no weight has.");
    }
    if (!isExternal) {
      initializers.put(
          name, new Initializer(dtype(type), dims, position, bytes, constant, Optional.empty()));
      return;
    }
    try {
      initializers.put(
          name,
          new Initializer(
              dtype(type),
              dims,
              Long.parseLong(external.getOrDefault("offset", "0")),
              Long.parseLong(external.getOrDefault("length", "-1")),
              constant,
              Optional.of(external.getOrDefault("location", ""))));
    } catch (NumberFormatException e) {
      throw new UserException(
          file
              + ": tensor '"
              + name
              + "' lies in another file at "
              + external
              + "; expected whole numbers for offset and length.",
          e);
    }
  }

  private static void readDims(CodedInputStream in, int tag, List<Long> dims) throws IOException {
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
      dims.add(in.readInt64());
      return;
    }
    int outer = in.pushLimit(in.readRawVarint32());
    while (!in.isAtEnd()) {
      dims.add(in.readInt64());
    }
    in.popLimit(outer);
  }

  private static Optional<DType> dtype(int onnxType) {
    TensorProto.DataType type = TensorProto.DataType.forNumber(onnxType);
    if (type == null) {
      return Optional.empty();
    }
    return switch (type) {
      case FLOAT -> Optional.of(DType.F32);
      case FLOAT16 -> Optional.of(DType.F16);
      case BFLOAT16 -> Optional.of(DType.BF16);
      case DOUBLE -> Optional.of(DType.F64);
      case UINT8 -> Optional.of(DType.U8);
      case INT8 -> Optional.of(DType.I8);
      case INT32 -> Optional.of(DType.I32);
      case INT64 -> Optional.of(DType.I64);
      case BOOL -> Optional.of(DType.BOOL);
      default -> Optional.empty();
    };
  }
}
