/**
 * The models: configuration, encoder families, heads, and their registry, on libtorch; and what of
 * one is trained, and from where it starts. Knows no Spark, and nothing of how a model is trained.
 */
package org.sparkfinetune.model;
