package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * Reads the weights of an encoder or classifier from an ONNX file, under Hugging Face's names and
 * in Hugging Face's layout (Linear weights {@code [out, in]}). Opening reads the graph and steps
 * over the data; a compressed file is therefore inflated twice. Data may lie in files beside.
 */
public final class OnnxReader implements TensorSource {
  private final StoredTensors weights;
  private final OnnxGraph graph;

  /** How the files beside an ONNX file are opened, by their name in it. */
  interface Beside {
    ByteSource open(String name) throws IOException;
  }

  private OnnxReader(StoredTensors weights, OnnxGraph graph) {
    this.weights = weights;
    this.graph = graph;
  }

  /**
   * Opens a file on any Hadoop file system.
   *
   * @throws UserException when there is no such file, or it holds no text encoder
   */
  public static OnnxReader open(Path path, Configuration hadoop) {
    try {
      return open(ByteSource.file(path, hadoop), beside(path, hadoop));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a class-path resource.
   *
   * @param name what messages call it
   * @throws UserException when it holds no text encoder
   */
  public static OnnxReader open(URL resource, String name) {
    try {
      return open(
          ByteSource.resource(resource, name),
          beside -> {
            throw new UserException(name + ": its weights lie in another resource, " + beside);
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Beside beside(Path file, Configuration hadoop) {
    return name -> ByteSource.file(HadoopFiles.beside(file, name), hadoop);
  }

  static OnnxReader open(ByteSource file, Beside beside) throws IOException {
    List<ByteSource> sources = new ArrayList<>(List.of(file));
    try {
      OnnxGraph graph = OnnxGraph.read(file);
      Map<String, ByteSource> besides = new LinkedHashMap<>();
      List<Map.Entry<String, StoredTensor>> entries = new ArrayList<>();
      for (Map.Entry<String, OnnxWeights.Stored> e :
          OnnxWeights.find(graph, file.name()).entrySet()) {
        ByteSource source = file;
        String location = e.getValue().initializer().location().orElse(null);
        if (location != null) {
          source = besides.get(location);
          if (source == null) {
            source = beside.open(location);
            besides.put(location, source);
            sources.add(source);
          }
        }
        entries.add(Map.entry(e.getKey(), stored(e.getKey(), e.getValue(), source)));
      }
      entries.sort(
          Comparator.<Map.Entry<String, StoredTensor>>comparingInt(
                  e -> sources.indexOf(e.getValue().source()))
              .thenComparingLong(e -> e.getValue().position())
              .thenComparing(Map.Entry::getKey));
      Map<String, StoredTensor> ordered = new LinkedHashMap<>();
      entries.forEach(e -> ordered.put(e.getKey(), e.getValue()));
      return new OnnxReader(new StoredTensors(file.name(), ordered, sources), graph);
    } catch (IOException | UserException e) {
      ByteSource.closeAll(sources);
      throw e;
    } catch (RuntimeException e) {
      ByteSource.closeAll(sources);
      throw notSound(file.name(), e);
    }
  }

  /** A node without its inputs, or whatever else a graph lacks that everyone's has. */
  private static UserException notSound(String file, RuntimeException e) {
    return new UserException(
        file + ": not a sound ONNX graph (" + e.getMessage() + "). Export it again.", e);
  }

  private static StoredTensor stored(String name, OnnxWeights.Stored stored, ByteSource source) {
    OnnxGraph.Initializer initializer = stored.initializer();
    DType dtype =
        initializer
            .dtype()
            .orElseThrow(
                () ->
                    new UserException(
                        source.name() + ": tensor '" + name + "' has a type that no weight has."));
    TensorInfo info = new TensorInfo(dtype, initializer.dims());
    requirePlainData(name, info, initializer, source);
    StoredTensor tensor = StoredTensor.contiguous(source, initializer.position(), info);
    return stored.transposed() ? tensor.transposed() : tensor;
  }

  private static void requirePlainData(
      String name, TensorInfo info, OnnxGraph.Initializer initializer, ByteSource source) {
    long expected;
    try {
      expected = info.bytes();
    } catch (ArithmeticException e) {
      expected = -1;
    }
    boolean external = initializer.location().isPresent();
    // External data may leave out its length: it is then what the shape needs.
    long given = external && initializer.bytes() < 0 ? expected : initializer.bytes();
    if (expected < 0 || initializer.position() < 0 || given != expected) {
      throw new UserException(
          source.name()
              + ": tensor '"
              + name
              + "' of "
              + info.dtype()
              + " "
              + info.shape()
              + " has "
              + initializer.bytes()
              + " bytes of plain data. Save the file again with onnx.save, which writes raw data.");
    }
    if (external && initializer.position() > source.length() - expected) {
      throw new UserException(
          source.name()
              + ": the data of tensor '"
              + name
              + "' should end at byte "
              + (initializer.position() + expected)
              + ", but the file ends after "
              + source.length()
              + ". It is truncated: copy it again.");
    }
  }

  /**
   * The text of a {@code config.json} made from the graph.
   *
   * @throws UserException when the graph does not tell what cannot be guessed
   */
  public String config() {
    try {
      return OnnxConfig.derive(graph, tensors(), name());
    } catch (UserException e) {
      throw e;
    } catch (RuntimeException e) {
      throw notSound(name(), e);
    }
  }

  @Override
  public String name() {
    return weights.name();
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return weights.tensors();
  }

  @Override
  public Tensor read(String name) {
    return weights.read(name);
  }

  @Override
  public void close() {
    weights.close();
  }
}
