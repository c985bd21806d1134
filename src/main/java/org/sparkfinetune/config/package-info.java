/**
 * One declaration for every setting, and the values that a user gives them.
 *
 * <p>A settings record ({@code TrainingArguments}, {@code DataArguments}, ...) lives in the package
 * that uses it; each component carries a {@link org.sparkfinetune.config.Key} with default, range
 * and documentation. {@link org.sparkfinetune.config.Schema} reads that declaration, and from it
 * come the HOCON key, the Spark {@code Param}, the job's {@code --help}, the tracked parameter and
 * the tuner's search key, spelled alike everywhere. {@link org.sparkfinetune.config.SettingKeys}
 * are the keys that something takes, {@link org.sparkfinetune.config.Settings} a checked value for
 * each.
 *
 * <p>{@link org.sparkfinetune.config.ConfigFile} reads HOCON, whoever has written it. This package
 * knows neither Spark nor libtorch, and holds no setting of its own.
 */
package org.sparkfinetune.config;
