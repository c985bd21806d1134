/**
 * The encoder families, by what transformers calls their weights and keys, the layers and heads
 * that they are built of, and their weights. Knows nothing of labels, nor of how a model is
 * trained.
 */
package org.sparkfinetune.model.encoder;
