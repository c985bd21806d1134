package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;
import org.sparkfinetune.storage.Storage;
import org.sparkfinetune.text.Nearest;

/** A pretrained checkpoint, opened by name or path: its configuration, tokenizer and weights. */
public final class PretrainedModel {
  private static final String ONNX = ".onnx";
  private static final Pattern ON_A_SERVER = Pattern.compile("(models|runs):/.*");

  /**
   * A checkpoint that comes in a jar: its name on the Hugging Face hub, and its resources, absolute
   * but for the configuration.
   */
  private record Embedded(String hubName, String config, String tokenizer, String weights) {}

  private static final Map<String, Embedded> EMBEDDED =
      Map.of(
          "minilm-l6",
          new Embedded(
              "sentence-transformers/all-MiniLM-L6-v2",
              "minilm-l6.config.json",
              "/all-minilm-l6-v2-tokenizer.json",
              "/all-minilm-l6-v2.onnx"));

  private final String name;
  private final String config;
  private final TokenizerFiles.Tokenizer tokenizer;
  private final Supplier<TensorSource> weights;
  private final Supplier<ModelProvenance> training;

  private PretrainedModel(
      String name,
      String config,
      TokenizerFiles.Tokenizer tokenizer,
      Supplier<TensorSource> weights) {
    this(name, config, tokenizer, weights, ModelProvenance::empty);
  }

  private PretrainedModel(
      String name,
      String config,
      TokenizerFiles.Tokenizer tokenizer,
      Supplier<TensorSource> weights,
      Supplier<ModelProvenance> training) {
    this.name = name;
    this.config = config;
    this.tokenizer = tokenizer;
    this.weights = weights;
    this.training = training;
  }

  /**
   * Opens {@code minilm-l6}, a Hugging Face folder, an MLflow model that holds one, a saved Spark
   * NLP annotator, an ONNX file with its {@code tokenizer.json} beside it, or our own model: a
   * saved pipeline or stage, or the output folder of a job. Reads no weights yet. A name wins over
   * a path: {@code ./minilm-l6} is a path.
   *
   * @throws UserException when there is none, or a part of it is missing
   */
  public static PretrainedModel open(String base, Configuration hadoop) {
    return open(base, hadoop, true);
  }

  /**
   * Opens a checkpoint.
   *
   * @param weightsNeeded whether a folder without weights is refused at once; otherwise {@link
   *     #openWeights} may fail
   * @throws UserException when there is none, or a part of it is missing
   */
  public static PretrainedModel open(String base, Configuration hadoop, boolean weightsNeeded) {
    try {
      if (ON_A_SERVER.matcher(base).matches()) {
        throw new UserException(
            "checkpoint '%s': models of an MLflow server are fetched by the jobs alone: give the folder of the model, as mlflow artifacts download fetches it"
                .formatted(base));
      }
      return EMBEDDED.containsKey(base) ? embedded(base) : path(base, hadoop, weightsNeeded);
    } catch (FileNotFoundException | AccessControlException | AccessDeniedException e) {
      // A local file that may not be read is one that is "not found (Permission denied)" to Java.
      throw new UserException(
          "checkpoint '" + base + "': a part of it cannot be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What the Hugging Face hub calls a checkpoint.
   *
   * @param base as {@link #open} takes it
   * @return empty for a path
   */
  public static Optional<String> hubName(String base) {
    return Optional.ofNullable(EMBEDDED.get(base)).map(Embedded::hubName);
  }

  /**
   * A checkpoint's name for strangers: what the Hugging Face hub calls it, or the last part of a
   * path.
   *
   * @param base as {@link #open} takes it, or what the hub calls it already
   */
  public static String publicName(String base) {
    boolean onHub = EMBEDDED.values().stream().anyMatch(known -> known.hubName().equals(base));
    return onHub ? base : hubName(base).orElseGet(() -> lastPart(base));
  }

  /** A path without its folders; what a tracking server calls a model is no path. */
  static String lastPart(String path) {
    return path.matches("(models|runs):/[^/].*")
        ? path
        : path.replaceFirst("/+$", "").replaceFirst("^.*/", "");
  }

  /** The known name or the path. */
  public String name() {
    return name;
  }

  /**
   * The text of {@code config.json}; for an ONNX graph without one beside it, made from the graph.
   * A checkpoint that is best pooled otherwise than by its first token says so in {@code
   * classifier_pooling}.
   */
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

  /**
   * What a user should know of the tokenizer, a line each: of how its files were read, and when its
   * maker cut texts earlier.
   *
   * @param maxLength the tokens at which texts are cut
   */
  public List<String> tokenizerNotes(int maxLength) {
    List<String> notes = new ArrayList<>(tokenizer.notes());
    if (tokenizer.maxLength().orElse(maxLength) < maxLength) {
      notes.add(
          name
              + ": texts are cut at max_length="
              + maxLength
              + " tokens, and the tokenizer's model_max_length is "
              + tokenizer.maxLength().getAsInt());
    }
    return notes;
  }

  /**
   * The longest text in tokens: {@code model_max_length} of the tokenizer, where that is less.
   *
   * @param positions what the model has positions for
   */
  public int longest(int positions) {
    return Math.min(positions, tokenizer.maxLength().orElse(positions));
  }

  /**
   * Opens the weights: the encoder's, and a head's where {@link TensorSource#tensors()} lists them
   * ({@code pooler.*}, {@code classifier.*}). The caller closes the source.
   */
  public TensorSource openWeights() {
    return weights.get();
  }

  /** How the checkpoint came to be; empty fields where that is not on record. */
  public ModelProvenance training() {
    return training.get();
  }

  private static PretrainedModel embedded(String name) throws IOException {
    Embedded files = EMBEDDED.get(name);
    URL weights = resource(files.weights(), name);
    return new PretrainedModel(
        name,
        text(resource(files.config(), name)),
        TokenizerFiles.Tokenizer.of(text(resource(files.tokenizer(), name))),
        () -> OnnxReader.open(weights, name));
  }

  private static URL resource(String path, String name) {
    URL resource = PretrainedModel.class.getResource(path);
    if (resource == null) {
      throw new UserException(
          "The checkpoint '"
              + name
              + "' is not on the class path: its resource "
              + path
              + " is missing. Use the jar with dependencies, or give a path.");
    }
    return resource;
  }

  private static String text(URL resource) throws IOException {
    try (InputStream in = resource.openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static PretrainedModel path(String base, Configuration hadoop, boolean weightsNeeded)
      throws IOException {
    FileStatus status;
    try {
      status = Storage.ask("checkpoint '" + base + "'", base, hadoop, FileSystem::getFileStatus);
    } catch (FileNotFoundException e) {
      throw new UserException(
          "There is no checkpoint '"
              + base
              + "': neither a file or folder of this path, nor a known name. Known are: "
              + String.join(", ", EMBEDDED.keySet())
              + "; the nearest is "
              + Nearest.of(base, EMBEDDED.keySet())
              + ". A model of the Hugging Face hub is downloaded first, then given by its path:"
              + " hf download NAME --local-dir DIR.",
          e);
    }
    Path path = new Path(base);
    if (status.isDirectory()) {
      // Ours first: what Spark ML has saved of it has a folder metadata too.
      Optional<Path> saved = SavedModel.huggingFaceFolder(path, hadoop);
      if (saved.isEmpty() && SavedStage.isOne(path, hadoop)) {
        SparkNlpAnnotator annotator = SparkNlpAnnotator.open(path, hadoop);
        return new PretrainedModel(
            base, annotator.config(), annotator.tokenizer(), annotator::openWeights);
      }
      MlflowModel found =
          saved.isEmpty() && MlflowModel.isOne(path, hadoop)
              ? MlflowModel.find(path, hadoop)
              : new MlflowModel(saved.orElse(path), saved.orElse(path));
      HuggingFaceFolder folder =
          HuggingFaceFolder.open(found.model(), found.tokenizer(), hadoop, weightsNeeded);
      return new PretrainedModel(
          base,
          folder.config(),
          folder.tokenizerFiles(),
          folder::openWeights,
          () -> ModelProvenance.read(found.model(), hadoop).orElseGet(ModelProvenance::empty));
    }
    if (base.endsWith(ONNX)) {
      return onnx(base, path, hadoop);
    }
    throw new UserException(
        base
            + ": neither a folder nor an "
            + ONNX
            + " file. Give the folder that holds config.json, model.safetensors and"
            + " tokenizer.json.");
  }

  /** Optimum writes {@code onnx/model.onnx} below the folder that has the other files. */
  private static PretrainedModel onnx(String base, Path path, Configuration hadoop)
      throws IOException {
    Path folder = HadoopFiles.folder(path);
    if (folder.getName().equals("onnx")
        && !HadoopFiles.exists(new Path(folder, HuggingFaceFolder.CONFIG), hadoop)
        && HadoopFiles.exists(new Path(folder.getParent(), HuggingFaceFolder.CONFIG), hadoop)) {
      folder = folder.getParent();
    }
    Path configFile = new Path(folder, HuggingFaceFolder.CONFIG);
    String config;
    Optional<ObjectNode> model = Optional.empty();
    if (HadoopFiles.exists(configFile, hadoop)) {
      config = HadoopFiles.readText(configFile, hadoop);
      model = Optional.of(Json.object(config, configFile.toString()));
    } else {
      try (OnnxReader reader = OnnxReader.open(path, hadoop)) {
        config = reader.config();
      }
    }
    return new PretrainedModel(
        base,
        config,
        TokenizerFiles.read(folder, model, hadoop),
        () -> OnnxReader.open(path, hadoop));
  }
}
