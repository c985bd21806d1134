/**
 * The models: configuration, encoder families, heads, and their registry, on libtorch. Knows no
 * Spark, and nothing of how a model is trained.
 */
package io.sparkfinetune.model;
