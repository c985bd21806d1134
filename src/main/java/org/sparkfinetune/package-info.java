/**
 * Fine-tuning of BERT-family text classifiers on Apache Spark, on the JVM alone.
 *
 * <p>This root package holds what every package needs and nothing else: {@link
 * org.sparkfinetune.UserException}, and {@link org.sparkfinetune.PublicApi}, which marks the types
 * that programs may rely on. It depends on no other package.
 */
package org.sparkfinetune;
