package org.sparkfinetune.track;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.storage.PrivateFiles;

/** Where a run is recorded, and under which names. */
public record TrackingArguments(
    @Key(
            doc =
                "The MLflow tracking server: http(s)://HOST, databricks or databricks://PROFILE. When"
                    + " not set, the environment's MLFLOW_TRACKING_URI; without one the journal in"
                    + " the output folder is the record.",
            defaultValue = "")
        String uri,
    @Key(
            doc =
                "The experiment's name, created when missing. When not set, the environment's"
                    + " MLFLOW_EXPERIMENT_NAME, else spark-finetune.",
            defaultValue = "")
        String experiment,
    @Key(
            doc = "The run's name. When not set, one is made of the base and the time.",
            defaultValue = "")
        String runName,
    @Key(
            doc =
                "A run of the server's that is to be continued. When not set, the environment's"
                    + " MLFLOW_RUN_ID.",
            defaultValue = "")
        String runId,
    @Key(
            doc =
                "A folder on the driver's disk for the journal of events that precedes the server."
                    + " When not set, tracking in the output folder; where that is remote, one in"
                    + " this host's cache (SPARK_FINETUNE_CACHE_DIR), which is copied to the output"
                    + " at the end, and from there when a job that goes on finds none.",
            defaultValue = "")
        String journal,
    @Key(
            doc =
                "Who may read the journal's files on the driver's disk: owner, the user who runs the"
                    + " job, alone; group, his group as well; all, everybody.",
            defaultValue = "owner")
        PrivateFiles.Readers journalReaders,
    @Key(
            doc =
                "Whether the model is logged as an MLflow model of the run, where there is a server.",
            defaultValue = "true")
        boolean logModel,
    @Key(
            doc =
                "The registered model that the run's model becomes a version of. When not set, none.",
            defaultValue = "")
        String registerModel,
    @Key(doc = "The alias that is to point at that version. When not set, none.", defaultValue = "")
        String modelAlias,
    @Key(
            doc = "Seconds between two measurements of processor, memory and GPU; 0 measures none.",
            defaultValue = "10",
            min = 0)
        int systemMetricsInterval,
    @Key(
            doc =
                "Seconds that a job waits at its end for the server to take what it has not yet; what"
                    + " is left then stays in the journal, for jobs/sync.",
            defaultValue = "60",
            min = 0)
        int flushTimeout) {
  /** The settings below {@code tracking}. */
  public static final Schema<TrackingArguments> SCHEMA =
      Schema.of("tracking", TrackingArguments.class);
}
