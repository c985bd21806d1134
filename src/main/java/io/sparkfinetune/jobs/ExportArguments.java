package io.sparkfinetune.jobs;

import io.sparkfinetune.config.Key;
import io.sparkfinetune.config.Schema;

/** What the job {@code export} takes. */
public record ExportArguments(
    @Key(
            doc =
                "The fine-tuned classifier: the output folder of fine-tune or quickstart, a saved"
                    + " pipeline, a saved TransformerClassifierModel, or a Hugging Face folder.",
            defaultValue = "")
        String model,
    @Key(
            doc =
                "What to write. huggingface: config.json, model.safetensors, tokenizer files and a"
                    + " model card, for transformers. onnx: model.onnx (opset 17) and the same files"
                    + " beside it, as Optimum lays them out, compared with the model by ONNX"
                    + " Runtime. sparknlp: a saved stage of Spark NLP's own annotator of the family,"
                    + " on ONNX Runtime.",
            defaultValue = "huggingface")
        Format format,
    @Key(
            doc =
                "The folder to write, on any Hadoop file system: one that does not exist or is"
                    + " empty. It appears when all of it is written, or not at all.",
            defaultValue = "")
        String output) {
  static final Schema<ExportArguments> SCHEMA = Schema.of("", ExportArguments.class);

  /** The formats written. */
  public enum Format {
    HUGGINGFACE,
    ONNX,
    SPARKNLP
  }
}
