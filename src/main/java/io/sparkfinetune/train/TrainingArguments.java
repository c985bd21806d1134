package io.sparkfinetune.train;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.Key;
import io.sparkfinetune.model.ProblemType;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * How to train. Names and defaults are those of Hugging Face's TrainingArguments, where it has
 * them.
 */
public record TrainingArguments(
    @Key(doc = "Passes over the training rows.", defaultValue = "3", min = 1) int numTrainEpochs,
    @Key(doc = "Peak learning rate.", defaultValue = "5e-5", min = 0, minExclusive = true)
        double learningRate,
    @Key(doc = "Rows a training step.", defaultValue = "32", min = 1) int perDeviceTrainBatchSize,
    @Key(doc = "Rows a forward pass of an evaluation.", defaultValue = "64", min = 1)
        int perDeviceEvalBatchSize,
    @Key(doc = "Decoupled weight decay; none on biases and norms.", defaultValue = "0.01", min = 0)
        double weightDecay,
    @Key(
            doc =
                "Layer-wise learning-rate decay: the head learns with learning_rate, each layer"
                    + " below with this times the rate of the one above it, the embeddings with the"
                    + " least; 1 is the same rate for all.",
            defaultValue = "1.0",
            min = 0,
            minExclusive = true,
            max = 1)
        double layerDecay,
    @Key(doc = "AdamW's beta1.", defaultValue = "0.9", min = 0, max = 1, maxExclusive = true)
        double adamBeta1,
    @Key(doc = "AdamW's beta2.", defaultValue = "0.999", min = 0, max = 1, maxExclusive = true)
        double adamBeta2,
    @Key(doc = "AdamW's epsilon.", defaultValue = "1e-8", min = 0, minExclusive = true)
        double adamEpsilon,
    @Key(
            doc = "Share of the steps in which the learning rate rises from 0 to its peak.",
            defaultValue = "0.1",
            min = 0,
            max = 1)
        double warmupRatio,
    @Key(doc = "Largest norm of the gradient; 0 does not clip.", defaultValue = "1.0", min = 0)
        double maxGradNorm,
    @Key(
            doc =
                "Arithmetic: fp32, bf16 (weights stay fp32), or auto (bf16 where the processor"
                    + " multiplies it natively, else fp32).",
            defaultValue = "auto")
        Precision precision,
    @Key(
            doc = "Whether batches hold rows of like length, which saves padding.",
            defaultValue = "true")
        boolean groupByLength,
    @Key(doc = "Steps between two reports of loss and learning rate.", defaultValue = "10", min = 1)
        int loggingSteps,
    @Key(
            doc =
                "Which metric picks the best epoch's weights: accuracy, f1 (macro), f1_weighted or"
                    + " loss; for multi-label f1_micro, f1_macro, f1_weighted, f1_samples, accuracy"
                    + " (of whole label sets), hamming_loss or loss; auto is accuracy, for"
                    + " multi-label f1_micro.",
            defaultValue = "auto",
            choices = {
              "auto",
              "accuracy",
              "f1",
              "f1_micro",
              "f1_macro",
              "f1_weighted",
              "f1_samples",
              "hamming_loss",
              "loss"
            })
        String metricForBestModel,
    @Key(doc = "Seed of the head's weights, the order of rows and dropout.", defaultValue = "42")
        long seed)
    implements Serializable {
  private static final Map<ProblemType, List<String>> METRICS =
      Map.of(
          ProblemType.SINGLE_LABEL_CLASSIFICATION,
          List.of("accuracy", "f1", "f1_weighted", "loss"),
          ProblemType.MULTI_LABEL_CLASSIFICATION,
          List.of(
              "f1_micro",
              "f1_macro",
              "f1_weighted",
              "f1_samples",
              "accuracy",
              "hamming_loss",
              "loss"));

  /**
   * The metric that picks the best epoch of a model.
   *
   * @throws UserException when {@code metric_for_best_model} is none of the problem type's
   */
  public String metricForBestModel(ProblemType problemType) {
    List<String> metrics = METRICS.get(problemType);
    if (metricForBestModel.equals("auto")) {
      return metrics.get(0);
    }
    if (!metrics.contains(metricForBestModel)) {
      throw new UserException(
          "training.metric_for_best_model="
              + metricForBestModel
              + " is no metric of "
              + problemType.spelling()
              + ": expected auto or one of "
              + String.join(", ", metrics));
    }
    return metricForBestModel;
  }
}
