/**
 * What speaks MLflow: the {@link io.sparkfinetune.track.Sink} that delivers journals to a server,
 * artifacts without Python, the model registry, and runs and models read back.
 */
package io.sparkfinetune.track.mlflow;
