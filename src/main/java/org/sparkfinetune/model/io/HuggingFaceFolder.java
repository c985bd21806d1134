package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * A pretrained model as {@code save_pretrained} writes it and {@code from_pretrained} reads it:
 * {@code config.json}, {@code model.safetensors} and the tokenizer's files in one folder, on any
 * Hadoop file system.
 *
 * <p>Reads the weights also from shards, from PyTorch's {@code pytorch_model.bin} and from the
 * {@code model.onnx} that Optimum writes, there or in the folder {@code onnx}.
 */
public final class HuggingFaceFolder {
  static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.safetensors";

  /** The weights' files, of which a folder has one or more; the first that is there is read. */
  static final List<String> KNOWN_WEIGHTS =
      List.of(
          WEIGHTS,
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json",
          "model.onnx",
          "onnx/model.onnx");

  private final Path folder;
  private final Configuration hadoop;
  private final String config;
  private final TokenizerFiles.Tokenizer tokenizer;
  private final String weights;

  private HuggingFaceFolder(
      Path folder, Path tokenizerFolder, Configuration hadoop, boolean weightsNeeded)
      throws IOException {
    this.folder = folder;
    this.hadoop = hadoop;
    List<String> names = HadoopFiles.names(folder, hadoop);
    OtherFolders.refuse(folder, names, hadoop);
    if (!names.contains(CONFIG)) {
      throw missing("no " + CONFIG, names);
    }
    this.weights = weightsNeeded ? weights(names) : null;
    Path configFile = new Path(folder, CONFIG);
    this.config = HadoopFiles.readText(configFile, hadoop);
    ObjectNode model = Json.object(config, configFile.toString());
    this.tokenizer = TokenizerFiles.read(tokenizerFolder, Optional.of(model), hadoop);
  }

  /**
   * Opens a folder: reads the configuration and the tokenizer, not the weights.
   *
   * @throws UserException when one of them, or the weights, is not there; the message lists what is
   */
  public static HuggingFaceFolder open(Path folder, Configuration hadoop) {
    return open(folder, folder, hadoop, true);
  }

  /**
   * Opens a folder that need not hold weights unless they are needed.
   *
   * @param tokenizerFolder where the tokenizer's files are
   */
  static HuggingFaceFolder open(
      Path folder, Path tokenizerFolder, Configuration hadoop, boolean weightsNeeded) {
    try {
      return new HuggingFaceFolder(folder, tokenizerFolder, hadoop, weightsNeeded);
    } catch (FileNotFoundException e) {
      throw new UserException(folder + ": there is no such folder.", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of {@code config.json}. */
  public String config() {
    return config;
  }

  /**
   * The text of {@code tokenizer.json} with what lies beside it in it; made from a vocabulary where
   * that is all there is.
   */
  public String tokenizer() {
    return tokenizer.json();
  }

  /** The tokenizer with what else is known of it. */
  TokenizerFiles.Tokenizer tokenizerFiles() {
    return tokenizer;
  }

  /** Opens the weights; the caller closes the source. */
  public TensorSource openWeights() {
    Path file = new Path(folder, weights);
    ShardedWeights.Format format =
        weights.contains(".bin") ? TorchReader::stored : SafetensorsReader::stored;
    try {
      if (weights.endsWith(".onnx")) {
        return OnnxReader.open(file, hadoop);
      }
      if (weights.endsWith(".json")) {
        return ShardedWeights.open(file, format, hadoop);
      }
      return ByteSource.open(
          ByteSource.file(file, hadoop),
          source -> new StoredTensors(source.name(), format.stored(source), List.of(source)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads all of a folder that {@link #write} made into memory. */
  public ModelFiles read() {
    Path file = new Path(folder, WEIGHTS);
    // What is no safetensors file is not to fill the memory.
    openWeights().close();
    try (InputStream in = HadoopFiles.open(file, hadoop)) {
      return new ModelFiles(
          config, tokenizer.json(), ChunkedBytes.readFrom(in), AdapterFiles.read(folder, hadoop));
    } catch (FileNotFoundException e) {
      throw new UserException(file + ": there is no such file.", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a model so that transformers' {@code AutoTokenizer} and {@code
   * AutoModelForSequenceClassification} load it. Makes the folder; files of the same names are
   * overwritten, and an older model's adapter goes; others stay.
   *
   * @param inputs for the settings of the tokenizer, so that its output fits the model
   */
  public static void write(
      ModelFiles files, ModelInputs inputs, Path folder, Configuration hadoop) {
    write(files.config(), files.tokenizer(), inputs, files.weights()::writeTo, folder, hadoop);
    try {
      // An older model's adapter would pass for this one's.
      AdapterFiles.delete(folder, hadoop);
      if (files.adapter() != null) {
        files.adapter().write(folder, hadoop);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same, with weights straight from native memory; they stay the caller's. */
  public static void write(
      String config,
      String tokenizer,
      ModelInputs inputs,
      Map<String, Tensor> weights,
      Path folder,
      Configuration hadoop) {
    write(
        config,
        tokenizer,
        inputs,
        out -> SafetensorsWriter.write(out, weights, SafetensorsWriter.PYTORCH),
        folder,
        hadoop);
  }

  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private static void write(
      String config,
      String tokenizer,
      ModelInputs inputs,
      Content weights,
      Path folder,
      Configuration hadoop) {
    writeWithoutWeights(config, tokenizer, inputs, folder, hadoop);
    Path file = new Path(folder, WEIGHTS);
    try (OutputStream out = file.getFileSystem(hadoop).create(file, true)) {
      weights.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes what lies beside a model's weights: its configuration and its tokenizer's files. */
  public static void writeWithoutWeights(
      String config, String tokenizer, ModelInputs inputs, Path folder, Configuration hadoop) {
    ObjectNode tokenizerJson = Json.object(tokenizer, TokenizerFiles.TOKENIZER);
    try {
      folder.getFileSystem(hadoop).mkdirs(folder);
      HadoopFiles.writeText(new Path(folder, CONFIG), config, hadoop);
      HadoopFiles.writeText(new Path(folder, TokenizerFiles.TOKENIZER), tokenizer, hadoop);
      HadoopFiles.writeText(
          new Path(folder, TokenizerFiles.TOKENIZER_CONFIG),
          TokenizerFiles.tokenizerConfig(tokenizerJson, inputs),
          hadoop);
      HadoopFiles.writeText(
          new Path(folder, TokenizerFiles.SPECIAL_TOKENS_MAP),
          TokenizerFiles.specialTokensMap(tokenizerJson),
          hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The other files that are looked at.
   *
   * @param names what there is
   */
  static List<String> besideWeights(Collection<String> names) {
    List<String> looked = new ArrayList<>(List.of(CONFIG, AdapterFiles.CONFIG));
    looked.add(ModelProvenance.FILE);
    looked.addAll(TokenizerFiles.NAMES);
    if (!names.contains(TokenizerFiles.TOKENIZER)) {
      looked.addAll(TokenizerFiles.VOCABULARIES);
    }
    return looked;
  }

  /** The file that the weights are read from, or are listed in. */
  static Optional<String> weightsOf(Collection<String> names) {
    return KNOWN_WEIGHTS.stream().filter(names::contains).findFirst();
  }

  private String weights(List<String> names) throws IOException {
    for (String known : KNOWN_WEIGHTS) {
      if (names.contains(known)
          || known.contains("/")
              && names.contains(known.substring(0, known.indexOf('/')))
              && HadoopFiles.exists(new Path(folder, known), hadoop)) {
        return known;
      }
    }
    OtherFolders.refuseOtherWeights(folder, names);
    throw missing("no weights (" + WEIGHTS + ")", names);
  }

  private UserException missing(String what, List<String> names) {
    List<String> onnx = names.stream().filter(name -> name.endsWith(".onnx")).toList();
    return new UserException(
        folder
            + ": "
            + what
            + " in this folder. It has: "
            + (names.isEmpty() ? "nothing" : String.join(", ", names))
            + ". Expected "
            + CONFIG
            + ", "
            + WEIGHTS
            + " and "
            + TokenizerFiles.TOKENIZER
            + " (or vocab.txt)."
            + (onnx.isEmpty() ? "" : " For the ONNX model give the path of " + onnx.get(0) + "."));
  }
}
