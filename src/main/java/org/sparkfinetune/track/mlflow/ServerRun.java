package org.sparkfinetune.track.mlflow;

/**
 * A run as the server knows it.
 *
 * @param id the server's
 * @param experiment the id of its experiment
 * @param artifacts the address of its artifacts
 */
record ServerRun(String id, String experiment, String artifacts) {}
