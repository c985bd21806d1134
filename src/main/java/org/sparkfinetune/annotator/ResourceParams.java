package org.sparkfinetune.annotator;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.sparkfinetune.distributed.ResourceArguments;

/** An accessor and a setter for each key of {@link ResourceArguments}. */
public abstract class ResourceParams extends TrainingParams {
  private static final long serialVersionUID = 1L;

  ResourceParams(PendingUid uid) {
    super(uid);
  }

  /** See {@link ResourceArguments#numWorkers}. */
  public IntParam numWorkers() {
    return settings.get(IntParam.class, "num_workers");
  }

  /** Sets {@link #numWorkers}. */
  public TransformerClassifierApproach setNumWorkers(int value) {
    return setOwn("num_workers", value);
  }

  /** See {@link ResourceArguments#device}. */
  public Param<String> device() {
    return settings.string("device");
  }

  /** Sets {@link #device}. */
  public TransformerClassifierApproach setDevice(String value) {
    return setOwn("device", value);
  }

  /** See {@link ResourceArguments#gpuPerWorker}. */
  public IntParam gpuPerWorker() {
    return settings.get(IntParam.class, "gpu_per_worker");
  }

  /** Sets {@link #gpuPerWorker}. */
  public TransformerClassifierApproach setGpuPerWorker(int value) {
    return setOwn("gpu_per_worker", value);
  }

  /** See {@link ResourceArguments#threadsPerWorker}. */
  public IntParam threadsPerWorker() {
    return settings.get(IntParam.class, "threads_per_worker");
  }

  /** Sets {@link #threadsPerWorker}. */
  public TransformerClassifierApproach setThreadsPerWorker(int value) {
    return setOwn("threads_per_worker", value);
  }

  /** See {@link ResourceArguments#communicationTimeout}. */
  public IntParam communicationTimeout() {
    return settings.get(IntParam.class, "communication_timeout");
  }

  /** Sets {@link #communicationTimeout}. */
  public TransformerClassifierApproach setCommunicationTimeout(int value) {
    return setOwn("communication_timeout", value);
  }

  /** See {@link ResourceArguments#shardMemoryMb}. */
  public IntParam shardMemoryMb() {
    return settings.get(IntParam.class, "shard_memory_mb");
  }

  /** Sets {@link #shardMemoryMb}. */
  public TransformerClassifierApproach setShardMemoryMb(int value) {
    return setOwn("shard_memory_mb", value);
  }

  /** See {@link ResourceArguments#acceptPlaintextGradients}. */
  public BooleanParam acceptPlaintextGradients() {
    return settings.get(BooleanParam.class, "accept_plaintext_gradients");
  }

  /** Sets {@link #acceptPlaintextGradients}. */
  public TransformerClassifierApproach setAcceptPlaintextGradients(boolean value) {
    return setOwn("accept_plaintext_gradients", value);
  }
}
