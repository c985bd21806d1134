/**
 * Says which words a classifier's answer comes from: attribution methods, and words made of tokens.
 * Starts from {@code SequenceClassifier.embeddings} and its logits alone, so that it works for
 * every encoder; knows no Spark.
 */
package org.sparkfinetune.explain;
