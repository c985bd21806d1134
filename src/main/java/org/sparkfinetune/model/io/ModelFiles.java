package org.sparkfinetune.model.io;

import java.io.Serializable;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A classifier as the files of a Hugging Face folder, in memory: what a fit returns, what Spark
 * broadcasts to executors and what is saved.
 *
 * @param config the text of {@code config.json}
 * @param tokenizer the text of {@code tokenizer.json}
 * @param weights the bytes of {@code model.safetensors}
 * @param adapter the adapter that {@code weights} were merged with, where it is kept as well; or
 *     null
 */
public record ModelFiles(
    String config, String tokenizer, ChunkedBytes weights, AdapterFiles adapter)
    implements Serializable {
  /** A model without an adapter of its own. */
  public ModelFiles(String config, String tokenizer, ChunkedBytes weights) {
    this(config, tokenizer, weights, null);
  }

  /** The same with an adapter beside its weights. */
  public ModelFiles withAdapter(AdapterFiles kept) {
    return new ModelFiles(config, tokenizer, weights, kept);
  }

  /** The same with another {@code config.json}. */
  public ModelFiles withConfig(String other) {
    return new ModelFiles(other, tokenizer, weights, adapter);
  }

  /** Copies tensors (any device) into the bytes of a safetensors file. */
  public static ModelFiles of(String config, String tokenizer, Map<String, Tensor> weights) {
    return new ModelFiles(config, tokenizer, SafetensorsWriter.bytes(weights));
  }

  /** Opens the weights; the caller closes the source. */
  public TensorSource openWeights() {
    return SafetensorsReader.open(weights, HuggingFaceFolder.WEIGHTS);
  }
}
