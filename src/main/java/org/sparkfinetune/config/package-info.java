/**
 * One declaration for every hyper-parameter.
 *
 * <p>A settings record ({@code TrainingArguments}, {@code DataArguments}, ...) lives in the package
 * that uses it; each component carries a {@link org.sparkfinetune.config.Key} with default, range
 * and documentation. {@link org.sparkfinetune.config.Schema} reads that declaration, and from it
 * come the HOCON key, the Spark {@code Param}, the job's {@code --help}, the tracked parameter and
 * the tuner's search key, spelled alike everywhere.
 *
 * <p>What every package needs for messages is here too: the known word {@link
 * org.sparkfinetune.config.Nearest} to a misspelt one, foreign text in {@link
 * org.sparkfinetune.config.OneLine}, what is wrong with a place in {@link
 * org.sparkfinetune.config.Storage}, and local files beside checksums in {@link
 * org.sparkfinetune.config.LocalChecksums}.
 *
 * <p>This package knows neither Spark nor libtorch, and holds no setting of its own.
 */
package org.sparkfinetune.config;
