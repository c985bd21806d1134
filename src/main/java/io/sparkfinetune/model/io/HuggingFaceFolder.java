package io.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A checkpoint as {@code save_pretrained} writes it and {@code from_pretrained} reads it: {@code
 * config.json}, {@code model.safetensors} and the tokenizer's files in one folder, on any Hadoop
 * file system.
 */
public final class HuggingFaceFolder {
  static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.safetensors";
  private static final String PICKLE = "pytorch_model.bin";
  private static final String SHARDS = "model.safetensors.index.json";

  private final Path folder;
  private final Configuration hadoop;
  private final String config;
  private final String tokenizer;

  private HuggingFaceFolder(Path folder, Configuration hadoop) throws IOException {
    this.folder = folder;
    this.hadoop = hadoop;
    requireFiles(HadoopFiles.names(folder, hadoop));
    Path configFile = new Path(folder, CONFIG);
    this.config = HadoopFiles.readText(configFile, hadoop);
    Json.object(config, configFile.toString());
    this.tokenizer = TokenizerFiles.read(folder, hadoop);
  }

  /**
   * Opens a folder: reads the configuration and the tokenizer, not the weights.
   *
   * @throws UserException when one of them, or the weights, is not there; the message lists what is
   */
  public static HuggingFaceFolder open(Path folder, Configuration hadoop) {
    try {
      return new HuggingFaceFolder(folder, hadoop);
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

  /** The text of {@code tokenizer.json}; made from {@code vocab.txt} where that is all there is. */
  public String tokenizer() {
    return tokenizer;
  }

  /** Opens the weights; the caller closes the source. */
  public TensorSource openWeights() {
    return SafetensorsReader.open(new Path(folder, WEIGHTS), hadoop);
  }

  /** Reads all of it into memory. */
  public ModelFiles read() {
    Path weights = new Path(folder, WEIGHTS);
    try (InputStream in = weights.getFileSystem(hadoop).open(weights)) {
      return new ModelFiles(config, tokenizer, ChunkedBytes.readFrom(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a model so that transformers' {@code AutoTokenizer} and {@code
   * AutoModelForSequenceClassification} load it. Makes the folder; files of the same names are
   * overwritten, others stay.
   */
  public static void write(ModelFiles files, Path folder, Configuration hadoop) {
    ObjectNode config = Json.object(files.config(), CONFIG);
    ObjectNode tokenizer = Json.object(files.tokenizer(), TokenizerFiles.TOKENIZER);
    try {
      FileSystem fileSystem = folder.getFileSystem(hadoop);
      fileSystem.mkdirs(folder);
      HadoopFiles.writeText(new Path(folder, CONFIG), files.config(), hadoop);
      HadoopFiles.writeText(new Path(folder, TokenizerFiles.TOKENIZER), files.tokenizer(), hadoop);
      HadoopFiles.writeText(
          new Path(folder, TokenizerFiles.TOKENIZER_CONFIG),
          TokenizerFiles.tokenizerConfig(tokenizer, config),
          hadoop);
      HadoopFiles.writeText(
          new Path(folder, TokenizerFiles.SPECIAL_TOKENS_MAP),
          TokenizerFiles.specialTokensMap(tokenizer),
          hadoop);
      try (OutputStream out = fileSystem.create(new Path(folder, WEIGHTS), true)) {
        files.weights().writeTo(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void requireFiles(List<String> names) {
    if (!names.contains(CONFIG)) {
      throw missing("no " + CONFIG, names);
    }
    if (names.contains(WEIGHTS)) {
      return;
    }
    if (names.contains(SHARDS)) {
      throw new UserException(
          folder
              + ": the weights are sharded ("
              + SHARDS
              + "), which is not read yet. Merge them in Python: transformers.AutoModel"
              + ".from_pretrained(DIR).save_pretrained(NEW_DIR, max_shard_size='1TB').");
    }
    if (names.contains(PICKLE)) {
      throw new UserException(
          folder
              + ": the weights are in "
              + PICKLE
              + ", a Python pickle, which is not read. Convert it once, in that folder: "
              + "python -c \"import torch; from safetensors.torch import save_file; "
              + "save_file({k: v.clone().contiguous() for k, v in torch.load('pytorch_model.bin',"
              + " weights_only=True).items()}, 'model.safetensors', {'format': 'pt'})\"");
    }
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
