package io.sparkfinetune.model.io;

import java.io.Serializable;

/**
 * A classifier as the files of a Hugging Face folder, in memory: what a fit returns, what Spark
 * broadcasts to executors and what is saved.
 *
 * @param config the text of {@code config.json}
 * @param tokenizer the text of {@code tokenizer.json}
 * @param weights the bytes of {@code model.safetensors}
 */
public record ModelFiles(String config, String tokenizer, ChunkedBytes weights)
    implements Serializable {}
