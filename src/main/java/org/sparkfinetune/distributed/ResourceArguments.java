package org.sparkfinetune.distributed;

import java.io.Serializable;
import org.sparkfinetune.config.Key;

/** What a training takes of the cluster. */
public record ResourceArguments(
    @Key(
            doc =
                "Barrier tasks that train together, each on its share of the rows; all of them must"
                    + " fit on the cluster at once.",
            defaultValue = "1",
            min = 1)
        int numWorkers,
    @Key(
            doc =
                "What a worker computes on: cpu, cuda, or auto (cuda where gpu_per_worker gives it a"
                    + " GPU). cuda that cannot be had is an error.",
            defaultValue = "auto")
        DeviceType device,
    @Key(
            doc = "GPUs that Spark gives each worker, of which it computes on the first; 0 or 1.",
            defaultValue = "0",
            min = 0,
            max = 1)
        int gpuPerWorker,
    @Key(
            doc =
                "Threads that a worker computes with: at most spark.task.cpus, where stages cannot"
                    + " have resources of their own; 0 takes as many as Spark's scheduling gives it.",
            defaultValue = "0",
            min = 0)
        int threadsPerWorker,
    @Key(
            doc = "Seconds after which a worker that the others wait for is given up.",
            defaultValue = "300",
            min = 1)
        int communicationTimeout,
    @Key(
            doc =
                "Megabytes of token ids that a worker holds in memory; what is beyond lies in a file"
                    + " on its local disk.",
            defaultValue = "1024",
            min = 1)
        int shardMemoryMb,
    @Key(
            doc =
                "Whether gradients may go between workers unencrypted although Spark's own traffic"
                    + " is encrypted.",
            defaultValue = "false")
        boolean acceptPlaintextGradients)
    implements Serializable {}
