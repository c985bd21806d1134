package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code evaluate} takes beside data. */
public record EvaluateArguments(
    @Key(doc = EvaluateArguments.MODEL, defaultValue = "") String model,
    @Key(
            doc =
                "The folder for metrics, slices, report, confusion matrix and the rejected rows. When not"
                    + " set, the job only prints.",
            defaultValue = "")
        String output) {
  /** What the key {@code model} takes wherever a fine-tuned classifier is read. */
  static final String MODEL =
      "The model: the folder that fine-tune has written, an MLflow model (its folder, or"
          + " models:/NAME@ALIAS or runs:/ID/PATH of the server that the environment's"
          + " MLFLOW_TRACKING_URI names), or any fine-tuned classifier in Hugging Face's"
          + " form (safetensors, pytorch_model.bin or ONNX), also ORG/NAME or"
          + " hf://ORG/NAME@REVISION of the hub.";

  static final Schema<EvaluateArguments> SCHEMA = Schema.of("", EvaluateArguments.class);
}
