package io.sparkfinetune.model.io;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A classifier as the files of a Hugging Face folder, in memory: what a fit returns, what Spark
 * broadcasts to executors and what is saved.
 *
 * @param config the text of {@code config.json}
 * @param tokenizer the text of {@code tokenizer.json}
 * @param weights the bytes of {@code model.safetensors}
 */
public record ModelFiles(String config, String tokenizer, ChunkedBytes weights)
    implements Serializable {

  /** Copies tensors (any device) into the bytes of a safetensors file. */
  public static ModelFiles of(String config, String tokenizer, Map<String, Tensor> weights) {
    ChunkedBytes.Output out = new ChunkedBytes.Output();
    try {
      SafetensorsWriter.write(out, weights, SafetensorsWriter.PYTORCH);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory has no file to fail on
    }
    return new ModelFiles(config, tokenizer, out.toChunkedBytes());
  }

  /** Opens the weights; the caller closes the source. */
  public TensorSource openWeights() {
    return SafetensorsReader.open(weights, HuggingFaceFolder.WEIGHTS);
  }
}
