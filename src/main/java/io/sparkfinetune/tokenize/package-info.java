/**
 * Text to token ids, as Hugging Face's tokenizers do it: tokenizer files, encoded rows, and batches
 * of like length. Knows no model.
 */
package io.sparkfinetune.tokenize;
