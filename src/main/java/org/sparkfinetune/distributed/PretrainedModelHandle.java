package org.sparkfinetune.distributed;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.io.PretrainedModel;

/**
 * What trainings on the same base share, so that it is opened once on the driver and its weights
 * are read from storage once an executor (see {@link PretrainedWeightsCache}).
 *
 * <p>Thread-safe. To be closed when the last of the trainings has ended: executors notice, and free
 * the weights.
 */
public final class PretrainedModelHandle implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PretrainedModelHandle.class);

  private final String id;
  private final Broadcast<SerializableConfiguration> hadoop;
  private final JavaSparkContext spark;
  private final Map<String, PretrainedModel> opened = new HashMap<>();
  private final Map<Path, BroadcastFolder> sent = new HashMap<>();

  private PretrainedModelHandle(String id, SparkSession session) {
    this.id = id;
    spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    hadoop = spark.broadcast(new SerializableConfiguration(session.sessionState().newHadoopConf()));
  }

  /** For any number of trainings, one after the other and at once. */
  public static PretrainedModelHandle shared(SparkSession session) {
    return new PretrainedModelHandle(UUID.randomUUID().toString(), session);
  }

  /** For one training alone: its workers read the weights into their models and keep none. */
  public static PretrainedModelHandle unshared(SparkSession session) {
    return new PretrainedModelHandle("", session);
  }

  /**
   * What a model starts from, opened when it is first asked for.
   *
   * @throws org.sparkfinetune.UserException when there is none
   */
  public synchronized PretrainedModel pretrained(ModelArguments model) {
    String base = model.base();
    boolean weightsNeeded = !model.fromScratch();
    return opened.computeIfAbsent(
        weightsNeeded + base,
        key -> PretrainedModel.open(base, hadoop.value().value(), weightsNeeded));
  }

  /**
   * The files of the pretrained model that a model starts from, where executors cannot open it by
   * its name; null where they can.
   */
  synchronized BroadcastFolder folder(ModelArguments model) {
    Optional<Path> fetched =
        model.fromScratch() ? Optional.empty() : pretrained(model).fetchedFolder();
    return fetched
        .map(folder -> sent.computeIfAbsent(folder, path -> BroadcastFolder.of(path, spark)))
        .orElse(null);
  }

  /** Names it on the executors; empty where nothing is shared. */
  String id() {
    return id;
  }

  /** How storage is reached; there until this is closed. */
  Broadcast<SerializableConfiguration> hadoop() {
    return hadoop;
  }

  /** A context that has stopped cannot: that must not hide why it has. */
  @Override
  public synchronized void close() {
    try {
      hadoop.destroy();
      sent.values().forEach(BroadcastFolder::destroy);
      sent.clear();
    } catch (RuntimeException e) {
      LOG.debug("cannot destroy a broadcast", e);
    }
  }
}
