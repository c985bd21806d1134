package org.sparkfinetune.annotator;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.task.Task;
import org.sparkfinetune.torch.Libtorch;

/**
 * What a {@link TransformerClassifierModel} computes, for one who has no Spark: its weights in
 * native memory, and its length, precision, temperature and threshold as they are set. It shares
 * nothing with the annotator that it is of. Thread-safe until it is closed.
 */
public final class LoadedClassifier implements AutoCloseable {
  private final Predictor predictor;
  private final double factor;
  private final ScalarType dtype;
  private final double threshold;
  private final int batchSize;
  private final int maxLength;

  private LoadedClassifier(TransformerClassifierModel model) {
    ModelConfig config = ModelConfig.parse(model.files().config());
    factor = model.factor(config);
    dtype = model.dtype();
    threshold = model.decisionThreshold(config);
    batchSize = model.getPerDeviceEvalBatchSize();
    maxLength = model.getMaxLength();
    predictor = Predictor.load(model.files(), maxLength);
  }

  /** Loads a model's weights. */
  public static LoadedClassifier of(TransformerClassifierModel model) {
    return new LoadedClassifier(model);
  }

  /** The label names, by index. */
  public List<String> labels() {
    return predictor.labels();
  }

  /** What a text's labels are. */
  public ProblemType problemType() {
    return predictor.problemType();
  }

  /** Longest text in tokens; longer texts are truncated. */
  public int maxLength() {
    return maxLength;
  }

  /** The probability from which on a label is predicted; of single-label it means nothing. */
  public double threshold() {
    return threshold;
  }

  /**
   * The probability of each label for each text, or pair of texts; as the annotator computes it.
   *
   * @param pairs the second texts, as many as {@code texts}; empty for single texts
   * @return {@code [texts.size()][labels().size()]}
   */
  public double[][] probabilities(List<String> texts, Optional<List<String>> pairs) {
    int cores = Runtime.getRuntime().availableProcessors();
    Libtorch.setThreads(cores);
    // Passes on one core each do not wait for one another, as the threads of one pass do.
    int side = Math.min(batchSize, Math.max(1, (texts.size() + cores - 1) / cores));
    float[][] logits =
        predictor.outputs(texts, pairs, factor, dtype, side, false, unknown -> {}).logits();
    Task task = problemType().task();
    double[][] probabilities = new double[logits.length][];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = task.probabilities(logits[i]);
    }
    return probabilities;
  }

  /** The indices of the labels that are predicted, ascending: one, of multi-label any number. */
  public int[] predicted(double[] probabilities) {
    return problemType().task().predicted(probabilities, threshold);
  }

  /** Frees the natives. Nothing may be computing. */
  @Override
  public void close() {
    predictor.close();
  }
}
