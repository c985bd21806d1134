/**
 * What speaks MLflow: the {@link org.sparkfinetune.track.Sink} that delivers journals to a server,
 * artifacts without Python, the model registry, and runs and models read back. {@link
 * org.sparkfinetune.track.mlflow.MlflowModelResolver} has pretrained models fetched by their URI.
 */
package org.sparkfinetune.track.mlflow;
