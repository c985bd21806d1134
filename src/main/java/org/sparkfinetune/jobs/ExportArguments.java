package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.export.ExportFormat;

/** What the job {@code export} takes. */
public record ExportArguments(
    @Key(
            doc =
                "The fine-tuned classifier: the output folder of fine-tune or quickstart, a saved"
                    + " pipeline, a saved TransformerClassifierModel, a Hugging Face folder, or an MLflow"
                    + " model (also models:/NAME@ALIAS and runs:/ID/PATH), or ORG/NAME of the Hugging Face"
                    + " hub.",
            defaultValue = "")
        String model,
    @Key(
            doc =
                "What to write. huggingface: config.json, model.safetensors, tokenizer files and a"
                    + " model card, for transformers. onnx: model.onnx (opset 17) and the same files"
                    + " beside it, as Optimum lays them out, compared with the model by ONNX"
                    + " Runtime. mlflow: an MLflow model, the same with MLmodel, signature and input"
                    + " example, for mlflow models serve. sparknlp: a saved stage of Spark NLP's own annotator of the family,"
                    + " on ONNX Runtime.",
            defaultValue = "huggingface")
        ExportFormat format,
    @Key(
            doc =
                "The folder to write, on any Hadoop file system: one that does not exist or is"
                    + " empty. It appears when all of it is written, or not at all. Not needed with"
                    + " push_to_hub.",
            defaultValue = "")
        String output,
    @Key(
            doc =
                "The repository of the Hugging Face hub to upload the files to, as ORG/NAME; it is"
                    + " made where there is none. Needs a token that may write (HF_TOKEN).",
            defaultValue = "")
        String pushToHub,
    @Key(
            doc =
                "Whether a repository that push_to_hub makes is seen by nobody but its owner; one"
                    + " that is there stays what it is.",
            defaultValue = "true")
        boolean hubPrivateRepo) {
  static final Schema<ExportArguments> SCHEMA = Schema.of("", ExportArguments.class);
}
