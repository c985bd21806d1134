package org.sparkfinetune.notebooks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.SmallBundle;
import org.sparkfinetune.hub.FakeHub;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;

/**
 * What notebooks find beyond their session, in the places where their users have it: a hub of the
 * tests and a tracking server of MLflow's. Only those that some notebook asks for are started.
 */
final class NotebookServers implements AutoCloseable {
  /**
   * The model of the hub that the notes name: {@code minilm-l6} is it, with a small one in its
   * place unless outputs are kept.
   */
  private static final String HUB_MODEL = "sentence-transformers/all-MiniLM-L6-v2";

  private static final String TRACKING = "MLFLOW_TRACKING_URI";

  private final Path folder;
  private final Optional<FakeHub> hub;
  private final Optional<MlflowVersion.Server> tracking;

  private NotebookServers(
      Path folder, Optional<FakeHub> hub, Optional<MlflowVersion.Server> tracking) {
    this.folder = folder;
    this.hub = hub;
    this.tracking = tracking;
  }

  static NotebookServers start(Path folder, List<NotebookFile> notebooks) throws IOException {
    return new NotebookServers(
        folder,
        name(HUB_MODEL, notebooks) ? Optional.of(hub(folder)) : Optional.empty(),
        name(TRACKING, notebooks)
            ? Optional.of(MlflowVersion.V3.trackingServer(folder))
            : Optional.empty());
  }

  private static boolean name(String what, List<NotebookFile> notebooks) {
    return notebooks.stream().anyMatch(notebook -> notebook.source().text().contains(what));
  }

  /** What says where they are. */
  Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
    environment.put("HF_HOME", folder.resolve("hf").toString());
    hub.ifPresent(it -> environment.put("HF_ENDPOINT", it.endpoint()));
    tracking.ifPresent(it -> environment.put(TRACKING, it.uri().toString()));
    return environment;
  }

  /** A text with the addresses that users have in the place of these. */
  String asUsersHaveThem(String text) {
    String ofHub =
        hub.map(it -> text.replace(it.endpoint(), "https://huggingface.co")).orElse(text);
    return tracking
        .map(it -> ofHub.replace(it.uri().toString(), "http://localhost:5000"))
        .orElse(ofHub);
  }

  private static FakeHub hub(Path folder) throws IOException {
    Path base = folder.resolve("base");
    if (NotebookFilesTest.isWriting()) {
      writeReal(base);
    } else {
      SmallBundle.writeHuggingFace(base);
    }
    FakeHub hub = FakeHub.start();
    hub.commit(HUB_MODEL, base);
    return hub;
  }

  private static void writeReal(Path base) {
    Configuration hadoop = new Configuration(false);
    PretrainedModel pretrained = PretrainedModel.open("minilm-l6", hadoop);
    ModelConfig config =
        ModelConfig.parse(pretrained.config())
            .withHead(
                List.of("LABEL_0", "LABEL_1"),
                Pooling.MEAN,
                ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (TensorSource weights = pretrained.openWeights();
        SequenceClassifier model =
            SequenceClassifier.fromPretrained(
                config, List.of(), weights, AdaptationConfig.NONE, 42)) {
      HuggingFaceFolder.write(
          model.toFiles(pretrained.tokenizer()),
          config.inputs(),
          new org.apache.hadoop.fs.Path(base.toUri()),
          hadoop);
    }
  }

  @Override
  public void close() {
    hub.ifPresent(FakeHub::close);
    tracking.ifPresent(MlflowVersion.Server::close);
  }
}
