/**
 * What speaks MLflow: the {@link org.sparkfinetune.track.Sink} that delivers journals to a server,
 * artifacts without Python, the model registry, and runs and models read back.
 */
package org.sparkfinetune.track.mlflow;
