package io.sparkfinetune.annotator;

import io.sparkfinetune.UserException;
import io.sparkfinetune.model.io.ChunkedBytes;
import io.sparkfinetune.model.io.ModelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder {@code huggingface} inside a saved stage: the files that {@code
 * AutoModelForSequenceClassification.from_pretrained} reads.
 */
final class HuggingFaceFolder {
  private static final String FOLDER = "huggingface";
  private static final String CONFIG = "config.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final String WEIGHTS = "model.safetensors";

  private HuggingFaceFolder() {}

  /** Writes a model into the directory of its stage. */
  static void write(ModelFiles files, String stage, Configuration hadoop) throws IOException {
    Path folder = new Path(stage, FOLDER);
    FileSystem fs = folder.getFileSystem(hadoop);
    writeText(fs, new Path(folder, CONFIG), files.config());
    writeText(fs, new Path(folder, TOKENIZER), files.tokenizer());
    try (OutputStream out = fs.create(new Path(folder, WEIGHTS), true)) {
      for (byte[] chunk : files.weights().chunks()) {
        out.write(chunk);
      }
    }
  }

  /**
   * Reads a model from the directory of its stage.
   *
   * @throws UserException when a file is missing; the message names it
   */
  static ModelFiles read(String stage, Configuration hadoop) throws IOException {
    Path folder = new Path(stage, FOLDER);
    FileSystem fs = folder.getFileSystem(hadoop);
    List<String> missing = new ArrayList<>();
    for (String name : List.of(CONFIG, TOKENIZER, WEIGHTS)) {
      if (!fs.exists(new Path(folder, name))) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw new UserException(
          folder
              + " lacks "
              + String.join(", ", missing)
              + ": expected a saved TransformerClassifierModel with config.json, tokenizer.json and"
              + " model.safetensors; copy what is missing there, or save the model again");
    }
    ChunkedBytes.Output weights = new ChunkedBytes.Output();
    try (InputStream in = fs.open(new Path(folder, WEIGHTS))) {
      in.transferTo(weights);
    }
    return new ModelFiles(
        readText(fs, new Path(folder, CONFIG)),
        readText(fs, new Path(folder, TOKENIZER)),
        weights.toChunkedBytes());
  }

  private static void writeText(FileSystem fs, Path path, String text) throws IOException {
    try (OutputStream out = fs.create(path, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String readText(FileSystem fs, Path path) throws IOException {
    try (InputStream in = fs.open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
