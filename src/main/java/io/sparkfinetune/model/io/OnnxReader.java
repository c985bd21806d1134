package io.sparkfinetune.model.io;

import io.sparkfinetune.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads the weights of a BERT encoder from an ONNX file, under Hugging Face's names without prefix
 * ({@code embeddings.word_embeddings.weight}) and in Hugging Face's layout (Linear weights {@code
 * [out, in]}). Opening reads the graph and steps over the data; a compressed class-path resource is
 * therefore inflated twice.
 */
public final class OnnxReader implements TensorSource {
  private final ByteSource source;
  private final OnnxGraph graph;
  private final Map<String, OnnxBertWeights.Stored> weights;
  private final Map<String, TensorInfo> tensors;

  private OnnxReader(ByteSource source) throws IOException {
    this.source = source;
    this.graph = OnnxGraph.read(source);
    this.weights = OnnxBertWeights.find(graph, source.name());
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    weights.forEach((name, stored) -> infos.put(name, info(name, stored, true)));
    this.tensors = Collections.unmodifiableMap(infos);
  }

  /**
   * Opens a file on any Hadoop file system.
   *
   * @throws UserException when there is no such file, or it holds no BERT encoder
   */
  public static OnnxReader open(Path path, Configuration hadoop) {
    try {
      return open(ByteSource.file(path, hadoop));
    } catch (FileNotFoundException e) {
      throw new UserException(path + ": there is no such file.", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a class-path resource.
   *
   * @param name what messages call it
   * @throws UserException when it holds no BERT encoder
   */
  public static OnnxReader open(URL resource, String name) {
    try {
      return open(ByteSource.resource(resource, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static OnnxReader open(ByteSource source) throws IOException {
    try {
      return new OnnxReader(source);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /**
   * The text of a {@code config.json} made from the graph.
   *
   * @throws UserException when the graph does not tell what cannot be guessed
   */
  public String config() {
    return OnnxBertConfig.derive(graph, tensors, name());
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Tensor read(String name) {
    OnnxBertWeights.Stored stored = weights.get(name);
    if (stored == null) {
      throw new IllegalArgumentException(name() + " has no tensor '" + name + "'");
    }
    TensorInfo info = info(name, stored, false);
    NativeTensors.requireWeight(info.dtype(), name, name());
    if (stored.initializer().position() < 0 || stored.initializer().bytes() != bytes(info)) {
      throw new UserException(
          name()
              + ": tensor '"
              + name
              + "' of "
              + info.dtype()
              + " "
              + info.shape()
              + " has "
              + stored.initializer().bytes()
              + " bytes of plain data. Save the file again with onnx.save, which writes raw data.");
    }
    try {
      InputStream in = source.from(stored.initializer().position());
      return stored.transposed()
          ? NativeTensors.readTransposed(in, info, name, name())
          : NativeTensors.read(in, info, name, name());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      source.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TensorInfo info(String name, OnnxBertWeights.Stored stored, boolean asRead) {
    DType dtype =
        stored
            .initializer()
            .dtype()
            .orElseThrow(
                () ->
                    new UserException(
                        name() + ": tensor '" + name + "' has a type that no weight has."));
    List<Long> dims = stored.initializer().dims();
    if (stored.transposed()) {
      if (dims.size() != 2) {
        throw new UserException(
            name() + ": the weight '" + name + "' of a MatMul should be a matrix, not " + dims);
      }
      return new TensorInfo(dtype, asRead ? List.of(dims.get(1), dims.get(0)) : dims);
    }
    return new TensorInfo(dtype, dims);
  }

  private static long bytes(TensorInfo info) {
    try {
      return info.bytes();
    } catch (ArithmeticException e) {
      return -1;
    }
  }
}
