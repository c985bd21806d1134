package org.sparkfinetune.export;

import org.sparkfinetune.PublicApi;

/** The formats that classifiers are exported in. */
@PublicApi
public enum ExportFormat {
  /** {@code config.json}, {@code model.safetensors}, tokenizer files and a model card. */
  HUGGINGFACE,
  /** {@code model.onnx} and the same files beside it, as Optimum lays them out. */
  ONNX,
  /** An MLflow model of the same, with signature and input example. */
  MLFLOW,
  /** A saved stage of Spark NLP's own annotator of the family, on ONNX Runtime. */
  SPARKNLP
}
