/**
 * One declaration for every hyper-parameter.
 *
 * <p>A settings record ({@code TrainingArguments}, {@code DataArguments}, ...) lives in the package
 * that uses it; each component carries a {@link io.sparkfinetune.config.Key} with default, range
 * and documentation. {@link io.sparkfinetune.config.Schema} reads that declaration, and from it
 * come the HOCON key, the Spark {@code Param}, the job's {@code --help}, the tracked parameter and
 * the tuner's search key, spelled alike everywhere.
 *
 * <p>What every package needs for messages is here too: the known word {@link
 * io.sparkfinetune.config.Nearest} to a misspelt one, foreign text in {@link
 * io.sparkfinetune.config.OneLine}, what is wrong with a place in {@link
 * io.sparkfinetune.config.Storage}, and local files beside checksums in {@link
 * io.sparkfinetune.config.LocalChecksums}.
 *
 * <p>This package knows neither Spark nor libtorch, and holds no setting of its own.
 */
package io.sparkfinetune.config;
