package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * The Hugging Face files within an MLflow model: beside {@code MLmodel} in ours, deeper in one of
 * MLflow's flavor {@code transformers}.
 *
 * <p>They are found by the names that MLflow gives them. {@code MLmodel} is not parsed, nor is any
 * path taken from it: what somebody else wrote there reaches nothing.
 *
 * @param model the folder of the configuration and the weights
 * @param tokenizer the folder of the tokenizer's files
 */
record MlflowModel(Path model, Path tokenizer) {
  /** The file that makes a folder an MLflow model. */
  static final String FILE = "MLmodel";

  /** Where flavor {@code transformers} keeps a model, and before MLflow 2.4.1 all of a pipeline. */
  private static final List<String> MODELS = List.of("model", "pipeline");

  /** Where it keeps the tokenizer. */
  private static final String TOKENIZER = "components/tokenizer";

  /** Where it keeps an adapter, which the weights are then without. */
  private static final String ADAPTER = "peft";

  /** Far more than MLflow writes before the flavors' names. */
  private static final int BYTES_FOR_A_MESSAGE = 1 << 16;

  private static final Pattern FLAVOR = Pattern.compile("  ([A-Za-z][A-Za-z0-9_]{0,40}):.*");

  static boolean isOne(Path folder, Configuration hadoop) throws IOException {
    return HadoopFiles.exists(new Path(folder, FILE), hadoop);
  }

  /**
   * Finds the files.
   *
   * @param folder one that {@link #isOne}
   * @throws UserException when they are not there
   */
  static MlflowModel find(Path folder, Configuration hadoop) throws IOException {
    if (HadoopFiles.exists(new Path(folder, HuggingFaceFolder.CONFIG), hadoop)) {
      return new MlflowModel(folder, folder);
    }
    for (String name : MODELS) {
      Path model = new Path(folder, name);
      if (HadoopFiles.exists(new Path(model, HuggingFaceFolder.CONFIG), hadoop)) {
        requireNoAdapter(folder, hadoop);
        Path tokenizer = new Path(folder, TOKENIZER);
        return new MlflowModel(model, HadoopFiles.exists(tokenizer, hadoop) ? tokenizer : model);
      }
    }
    List<String> flavors = flavors(new Path(folder, FILE), hadoop);
    throw new UserException(
        folder
            + ": an MLflow model "
            + (flavors.isEmpty() ? "" : "of flavor " + String.join(", ", flavors) + " ")
            + "without the files of a Hugging Face model. It has: "
            + String.join(", ", HadoopFiles.names(folder, hadoop))
            + ". Expected an MLflow model as jobs/export format=mlflow writes it, or one of flavor"
            + " transformers that holds its weights.");
  }

  private static void requireNoAdapter(Path folder, Configuration hadoop) throws IOException {
    if (HadoopFiles.exists(new Path(folder, ADAPTER), hadoop)) {
      throw new UserException(
          folder
              + ": an MLflow model whose weights are without its adapter, which lies in "
              + ADAPTER
              + ". Merge it in Python, by merge_and_unload() of its PEFT model, and save that.");
    }
  }

  /**
   * The names of the flavors, as MLflow lays them out; none when somebody has done it otherwise.
   */
  private static List<String> flavors(Path file, Configuration hadoop) throws IOException {
    String start;
    try (InputStream in = HadoopFiles.openText(file, hadoop)) {
      start = new String(in.readNBytes(BYTES_FOR_A_MESSAGE), StandardCharsets.UTF_8);
    }
    List<String> flavors = new ArrayList<>();
    start
        .lines()
        .dropWhile(line -> !line.equals("flavors:"))
        .skip(1)
        .takeWhile(line -> line.startsWith("  "))
        .map(FLAVOR::matcher)
        .filter(Matcher::matches)
        .forEach(flavor -> flavors.add(flavor.group(1)));
    return flavors;
  }
}
