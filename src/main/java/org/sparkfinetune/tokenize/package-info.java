/**
 * Text to token ids, as Hugging Face's tokenizers do it, and token ids to batches of like length.
 *
 * <p>A tokenizer <em>is</em> the text of its {@code tokenizer.json}: that text is what pretrained
 * models hold, what models are saved with and what Spark broadcasts; other forms are turned into it
 * ({@link org.sparkfinetune.tokenize.VocabTxt}). {@link org.sparkfinetune.tokenize.TextTokenizer}
 * runs it.
 *
 * <p>Nothing here knows a model or reads a file, and only {@link
 * org.sparkfinetune.tokenize.DatasetTokenizer} knows Spark, so that the training loop can use the
 * rest.
 */
package org.sparkfinetune.tokenize;
