/**
 * The record of runs: what a training was given, how it went and what came of it.
 *
 * <p>Every event goes to an append-only journal on the local disk first, and from there, in the
 * background, to a tracking server: a server that is slow, full or away never slows or ends a
 * training, and nothing is lost. Knows neither Spark nor a trainer: those who train tell it. What
 * speaks MLflow lives in {@code track.mlflow}.
 */
package org.sparkfinetune.track;
