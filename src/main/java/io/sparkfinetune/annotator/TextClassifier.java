package io.sparkfinetune.annotator;

import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.Predictions;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.ModelFiles;
import io.sparkfinetune.tokenize.Batch;
import io.sparkfinetune.tokenize.Encoding;
import io.sparkfinetune.tokenize.TextTokenizer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Texts to class probabilities: a tokenizer and a classifier, loaded into native memory.
 *
 * <p>Once loaded it is read-only, and tasks call it side by side: a forward pass in inference mode
 * changes neither weights nor tokenizer.
 */
final class TextClassifier implements AutoCloseable {
  private final TextTokenizer tokenizer;
  private final SequenceClassifier classifier;

  private TextClassifier(TextTokenizer tokenizer, SequenceClassifier classifier) {
    this.tokenizer = tokenizer;
    this.classifier = classifier;
  }

  /**
   * Loads tokenizer and weights.
   *
   * @param maxLength longest text in tokens; longer ones are truncated
   */
  static TextClassifier load(ModelFiles files, int maxLength) {
    ModelConfig config = ModelConfig.parse(files.config());
    config.requirePositions(maxLength);
    TextTokenizer tokenizer = TextTokenizer.of(files.tokenizer(), maxLength);
    try {
      config.requireVocabulary(tokenizer.vocabSize());
      return new TextClassifier(tokenizer, SequenceClassifier.load(files));
    } catch (RuntimeException | Error e) {
      try {
        tokenizer.close();
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /** The label names, by index. */
  List<String> labels() {
    return classifier.labels();
  }

  /**
   * The probability of each label for each text, in the order of the texts.
   *
   * <p>Texts of like length go through the network together, so that little of a batch is padding.
   *
   * @param batchSize texts a forward pass
   * @return {@code [texts.size()][labels().size()]}, each row a softmax
   */
  double[][] probabilities(List<String> texts, int batchSize) {
    List<Encoding> encodings = texts.isEmpty() ? List.of() : tokenizer.encode(texts);
    Integer[] byLength = new Integer[texts.size()];
    Arrays.setAll(byLength, i -> i);
    Arrays.sort(byLength, Comparator.comparingInt(i -> encodings.get(i).inputIds().length));
    double[][] probabilities = new double[texts.size()][];
    for (int start = 0; start < byLength.length; start += batchSize) {
      int end = Math.min(byLength.length, start + batchSize);
      Integer[] rows = Arrays.copyOfRange(byLength, start, end);
      List<int[]> ids = Arrays.stream(rows).map(i -> encodings.get(i).inputIds()).toList();
      float[][] logits =
          classifier.logits(Batch.of(ids, new long[rows.length], classifier.padTokenId()));
      for (int i = 0; i < rows.length; i++) {
        probabilities[rows[i]] = Predictions.softmax(logits[i]);
      }
    }
    return probabilities;
  }

  @Override
  public void close() {
    try {
      tokenizer.close();
    } finally {
      classifier.close();
    }
  }
}
