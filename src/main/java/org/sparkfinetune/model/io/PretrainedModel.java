package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;
import org.sparkfinetune.storage.Storage;
import org.sparkfinetune.storage.TextFile;
import org.sparkfinetune.text.Nearest;

/** A pretrained model, opened by name or path: its configuration, tokenizer and weights. */
public final class PretrainedModel {
  private static final String ONNX = ".onnx";

  private final String name;
  private final String config;
  private final TokenizerFiles.Tokenizer tokenizer;
  private final Supplier<TensorSource> weights;
  private final Supplier<ModelProvenance> provenance;
  private final Optional<ModelLocator.Fetched> fetched;

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
      Supplier<ModelProvenance> provenance) {
    this.name = name;
    this.config = config;
    this.tokenizer = tokenizer;
    this.weights = weights;
    this.provenance = provenance;
    this.fetched = Optional.empty();
  }

  private PretrainedModel(PretrainedModel model, ModelLocator.Fetched fetched) {
    name = model.name;
    config = model.config;
    tokenizer = model.tokenizer;
    weights = model.weights;
    provenance = model.provenance;
    this.fetched = Optional.of(fetched);
  }

  /**
   * Opens {@code minilm-l6}, a Hugging Face folder, an MLflow model that holds one, a saved Spark
   * NLP annotator, an ONNX file with its {@code tokenizer.json} beside it, our own model (a saved
   * pipeline or stage, or the output folder of a job), or what a {@link ModelResolver} fetches, as
   * {@code models:/NAME@ALIAS} and {@code hf://ORG/NAME}. Reads no weights yet. The name of a
   * bundled model wins over a path ({@code ./minilm-l6} is one), and a path that is there over the
   * {@code ORG/NAME} of a hub.
   *
   * @param base the name, path or URI
   * @param hadoop how storage is reached, with the settings of the resolvers
   * @throws UserException when there is none, or a part of it is missing
   */
  public static PretrainedModel open(String base, Configuration hadoop) {
    return open(base, hadoop, true);
  }

  /**
   * As the other.
   *
   * @param weightsNeeded whether a folder without weights is refused at once; otherwise {@link
   *     #openWeights} may fail
   * @throws UserException when there is none, or a part of it is missing
   */
  public static PretrainedModel open(String base, Configuration hadoop, boolean weightsNeeded) {
    return ModelLocator.fetch(base, hadoop)
        .map(fetched -> openFetched(base, fetched, hadoop, weightsNeeded))
        .orElseGet(() -> openThere(base, hadoop, weightsNeeded));
  }

  /**
   * Opens a name that the driver has found to be a bundled model's or a path: nobody is asked for
   * another meaning where this host does not reach the path.
   *
   * @throws UserException when there is none, or a part of it is missing
   */
  public static PretrainedModel openThere(String base, Configuration hadoop) {
    return openThere(base, hadoop, true);
  }

  private static PretrainedModel openThere(
      String base, Configuration hadoop, boolean weightsNeeded) {
    return BundledModel.named(base)
        .map(model -> orRefused(base, () -> bundled(model)))
        .orElseGet(() -> orRefused(base, () -> at(base, base, hadoop, weightsNeeded)));
  }

  /**
   * Opens what a URI was fetched to, here or on another host.
   *
   * @param uri the model's name from then on
   * @param folder a copy of {@link #fetchedFolder} on this host's disk
   * @throws UserException when a part of it is missing
   */
  public static PretrainedModel openFetched(
      String uri, java.nio.file.Path folder, Configuration hadoop) {
    return openFetched(uri, new ModelLocator.Fetched(folder, uri), hadoop, true);
  }

  private static PretrainedModel openFetched(
      String uri, ModelLocator.Fetched fetched, Configuration hadoop, boolean weightsNeeded) {
    String location = ModelLocator.hadoopPath(fetched.folder());
    return new PretrainedModel(
        orRefused(uri, () -> at(uri, location, hadoop, weightsNeeded)), fetched);
  }

  private interface Opening {
    PretrainedModel open() throws IOException;
  }

  private static PretrainedModel orRefused(String name, Opening opening) {
    try {
      return opening.open();
    } catch (FileNotFoundException | AccessControlException | AccessDeniedException e) {
      // A local file that may not be read is one that is "not found (Permission denied)" to Java.
      throw new UserException(
          "pretrained model '" + name + "': a part of it cannot be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name, path or URI that it was opened by. */
  public String name() {
    return name;
  }

  /**
   * The folder of this host's disk that a URI was fetched to, which other hosts do not reach; empty
   * where any host can open the model by its name.
   */
  public Optional<java.nio.file.Path> fetchedFolder() {
    return fetched.map(ModelLocator.Fetched::folder);
  }

  /** What names this very model also later, when {@link #name} may mean another one. */
  public String pinnedName() {
    return fetched.map(ModelLocator.Fetched::pinned).orElse(name);
  }

  /**
   * The text of {@code config.json}; for an ONNX graph without one beside it, made from the graph.
   * A pretrained model that is best pooled otherwise than by its first token says so in {@code
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

  /** How the pretrained model came to be; empty fields where that is not on record. */
  public ModelProvenance provenance() {
    return provenance.get();
  }

  private static PretrainedModel bundled(BundledModel model) throws IOException {
    URL weights = model.resource(model.weights());
    return new PretrainedModel(
        model.name(),
        TextFile.read(model.resource(model.config()), HadoopFiles.MAX_CONFIG_BYTES),
        TokenizerFiles.Tokenizer.of(
            TextFile.read(model.resource(model.tokenizer()), HadoopFiles.MAX_TOKENIZER_BYTES)),
        () -> OnnxReader.open(weights, model.name()));
  }

  /** Opens what lies at a path, under the name that the user gave. */
  private static PretrainedModel at(
      String name, String location, Configuration hadoop, boolean weightsNeeded)
      throws IOException {
    FileStatus status;
    try {
      status =
          Storage.ask(
              "pretrained model '" + name + "'", location, hadoop, FileSystem::getFileStatus);
    } catch (FileNotFoundException e) {
      throw new UserException(
          "There is no pretrained model '"
              + name
              + "': neither a file or folder of this path, nor a known name. Known are: "
              + String.join(", ", BundledModel.names())
              + "; the nearest is "
              + Nearest.of(name, BundledModel.names())
              + ". A model of the Hugging Face hub is named with its owner, as"
              + " google-bert/bert-base-uncased, or hf://NAME.",
          e);
    }
    Path path = new Path(location);
    if (status.isDirectory()) {
      // Ours first: what Spark ML has saved of it has a folder metadata too.
      Optional<Path> saved = SavedModel.huggingFaceFolder(path, hadoop);
      if (saved.isEmpty() && SavedStage.isOne(path, hadoop)) {
        SparkNlpAnnotator annotator = SparkNlpAnnotator.open(path, hadoop);
        return new PretrainedModel(
            name, annotator.config(), annotator.tokenizer(), annotator::openWeights);
      }
      MlflowModel found =
          saved.isEmpty() && MlflowModel.isOne(path, hadoop)
              ? MlflowModel.find(path, hadoop)
              : new MlflowModel(saved.orElse(path), saved.orElse(path));
      HuggingFaceFolder folder =
          HuggingFaceFolder.open(found.model(), found.tokenizer(), hadoop, weightsNeeded);
      return new PretrainedModel(
          name,
          folder.config(),
          folder.tokenizerFiles(),
          folder::openWeights,
          () -> ModelProvenance.read(found.model(), hadoop).orElseGet(ModelProvenance::empty));
    }
    if (location.endsWith(ONNX)) {
      return onnx(name, path, hadoop);
    }
    throw new UserException(
        name
            + ": neither a folder nor an "
            + ONNX
            + " file. Give the folder that holds config.json, model.safetensors and"
            + " tokenizer.json.");
  }

  /** Optimum writes {@code onnx/model.onnx} below the folder that has the other files. */
  private static PretrainedModel onnx(String name, Path path, Configuration hadoop)
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
        name,
        config,
        TokenizerFiles.read(folder, model, hadoop),
        () -> OnnxReader.open(path, hadoop));
  }
}
