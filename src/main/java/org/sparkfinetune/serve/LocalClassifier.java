package org.sparkfinetune.serve;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.LoadedClassifier;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.pipeline.LocalPipeline;
import org.sparkfinetune.task.ProblemType;

/**
 * A fine-tuned classifier in this JVM, without a Spark session: texts in, labels with their
 * probabilities out, the same that {@code jobs/predict} writes.
 *
 * <pre>{@code
 * try (LocalClassifier classifier = LocalClassifier.load("runs/mine")) {
 *   LocalClassifier.Answer answer = classifier.classify("I lost my card");
 *   System.out.println(answer.scores().get(0)); // LabelScore[label=lost_card, probability=0.98]
 * }
 * }</pre>
 *
 * <p>It keeps to what is saved with the model: {@code max_length}, at which texts are cut, the
 * temperature, the threshold of multi-label models, the precision, and what the pipeline's document
 * assembler is set to clean.
 *
 * <p>Thread-safe: calls compute side by side. Texts of one call go through the network together,
 * which is faster than one by one. It holds native memory until it is closed. While the process
 * ends, calls that run are done, and later ones fail with a {@link
 * java.util.concurrent.CancellationException}.
 */
@PublicApi
public final class LocalClassifier implements AutoCloseable {
  /**
   * A label and how probable it is.
   *
   * @param probability between 0 and 1; those of a single-label model add up to 1
   */
  @PublicApi
  public record LabelScore(String label, double probability) {}

  /**
   * An answer to one text, or one pair.
   *
   * @param labels that are predicted: one, of multi-label models those whose probability reaches
   *     the model's threshold, which may be none; the most probable first
   * @param scores every label, the most probable first
   */
  @PublicApi
  public record Answer(List<String> labels, List<LabelScore> scores) {}

  private final LocalPipeline pipeline;
  private final LoadedClassifier classifier;

  /** Read: a call computes. Write: the natives are being freed. */
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private boolean closed;

  private LocalClassifier(LocalPipeline pipeline) {
    this.pipeline = pipeline;
    this.classifier = pipeline.classifier();
  }

  /**
   * Loads what jobs take as {@code model}: the output folder of {@code fine-tune}, a saved pipeline
   * or annotator, a Hugging Face folder, an ONNX or MLflow model, {@code models:/NAME@ALIAS} or
   * {@code runs:/ID/PATH} of the server that {@code MLFLOW_TRACKING_URI} names, {@code ORG/NAME} or
   * {@code hf://ORG/NAME@REVISION} of the Hugging Face hub. Nothing in it is executed.
   *
   * @throws UserException when there is none, or it is no classifier
   */
  public static LocalClassifier load(String model) {
    return load(model, new Configuration());
  }

  /**
   * As the other.
   *
   * @param hadoop how storage is reached, as S3 with its keys
   */
  public static LocalClassifier load(String model, Configuration hadoop) {
    return load(model, hadoop, "auto");
  }

  /**
   * As the other.
   *
   * @param precision {@code fp32}, {@code bf16}, or {@code auto}: what the model has set, if
   *     anything, else bf16 where the processor multiplies it and fp32 where not
   * @throws UserException also when there is no such precision
   */
  public static LocalClassifier load(String model, Configuration hadoop, String precision) {
    return new LocalClassifier(LocalPipeline.load(model, precision, hadoop));
  }

  /** The labels, by index. */
  public List<String> labels() {
    return classifier.labels();
  }

  /** Whether a text has one label or a set of them. */
  public ProblemType problemType() {
    return classifier.problemType();
  }

  /** The longest text in tokens; longer ones are cut. */
  public int maxLength() {
    return classifier.maxLength();
  }

  /** Whether it takes pairs of texts; empty where the model does not say, and takes either. */
  public Optional<Boolean> takesPairs() {
    return pipeline.pairs();
  }

  /**
   * Classifies a text.
   *
   * @throws UserException when it is null or blank, or the model takes pairs
   */
  public Answer classify(String text) {
    return classify(Collections.singletonList(text)).get(0);
  }

  /**
   * Classifies a pair of texts.
   *
   * @throws UserException when one of them is null or blank, or the model takes single texts
   */
  public Answer classify(String text, String second) {
    return classify(Collections.singletonList(text), Collections.singletonList(second)).get(0);
  }

  /**
   * Classifies texts, in their order.
   *
   * @throws UserException when one of them is null or blank, or the model takes pairs
   */
  public List<Answer> classify(List<String> texts) {
    return answers(texts, Optional.empty());
  }

  /**
   * Classifies pairs, in their order.
   *
   * @param seconds the second texts, as many as {@code texts}
   * @throws UserException when one of them is null or blank, or the model takes single texts
   */
  public List<Answer> classify(List<String> texts, List<String> seconds) {
    return answers(texts, Optional.of(seconds));
  }

  /**
   * Checks a text, or a pair, before it is classified.
   *
   * @param what how a message names it
   * @throws UserException when a text is null or blank, or a pair is given to a model of single
   *     texts, or the other way round
   */
  void check(String what, String text, Optional<String> second) {
    requirePairs(second.isPresent());
    requireText(what, text);
    second.ifPresent(pair -> requireText("the second text of " + what, pair));
  }

  private List<Answer> answers(List<String> texts, Optional<List<String>> seconds) {
    if (seconds.isPresent() && seconds.get().size() != texts.size()) {
      throw new UserException(
          "%d texts and %d second texts: expected as many of both"
              .formatted(texts.size(), seconds.get().size()));
    }
    requirePairs(seconds.isPresent());
    for (int i = 0; i < texts.size(); i++) {
      requireText("text " + i, texts.get(i));
      if (seconds.isPresent()) {
        requireText("the second text of text " + i, seconds.get().get(i));
      }
    }
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the classifier is closed");
      }
      return texts.isEmpty()
          ? List.of()
          : Arrays.stream(pipeline.probabilities(texts, seconds)).map(this::answer).toList();
    } finally {
      lock.readLock().unlock();
    }
  }

  private void requirePairs(boolean given) {
    if (pipeline.pairs().orElse(given) != given) {
      throw new UserException(
          given
              ? "the model classifies single texts: leave the second text out"
              : "the model classifies pairs of texts: give the second text too");
    }
  }

  private static void requireText(String what, String text) {
    if (text == null || TextColumns.isBlank(text)) {
      throw new UserException(
          "%s is %s: expected a text with at least one visible character"
              .formatted(what, text == null ? "null" : "blank"));
    }
  }

  private Answer answer(double[] probabilities) {
    List<String> labels = labels();
    // Of equals the first, as the prediction is.
    Comparator<Integer> descending = Comparator.comparingDouble(label -> -probabilities[label]);
    List<LabelScore> scores =
        IntStream.range(0, probabilities.length)
            .boxed()
            .sorted(descending)
            .map(label -> new LabelScore(labels.get(label), probabilities[label]))
            .toList();
    List<String> predicted =
        Arrays.stream(classifier.predicted(probabilities))
            .boxed()
            .sorted(descending)
            .map(labels::get)
            .toList();
    return new Answer(predicted, scores);
  }

  /** Frees the native memory, once running calls are done. Closing again does nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        pipeline.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
