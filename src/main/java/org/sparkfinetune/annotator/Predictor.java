package org.sparkfinetune.annotator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.Explainer;
import org.sparkfinetune.explain.RandomizedPart;
import org.sparkfinetune.explain.WeightRandomization;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.PreparedWeights;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;
import org.sparkfinetune.tokenize.TokenizerSummary;

/**
 * Texts to logits and class probabilities: a tokenizer and a classifier, loaded into native memory.
 *
 * <p>Once loaded it is read-only, and tasks call it side by side: a forward pass in inference mode
 * changes neither weights nor tokenizer.
 */
final class Predictor implements AutoCloseable {
  private final TextTokenizer tokenizer;
  private final SequenceClassifier classifier;
  private final OptionalInt unknownToken;
  private final OptionalInt maskToken;
  private final String mask;
  private final ConcurrentMap<ScalarType, PreparedWeights> prepared = new ConcurrentHashMap<>();

  private Predictor(
      TextTokenizer tokenizer, SequenceClassifier classifier, TokenizerSummary summary) {
    this.tokenizer = tokenizer;
    this.unknownToken = summary.unknownToken();
    this.maskToken = summary.maskToken();
    this.mask = summary.mask().orElse("");
    this.classifier = classifier;
  }

  /**
   * Loads tokenizer and weights.
   *
   * @param maxLength longest text in tokens; longer ones are truncated
   */
  static Predictor load(ModelFiles files, int maxLength) {
    ModelConfig config = ModelConfig.parse(files.config());
    config.requirePositions(maxLength);
    TextTokenizer tokenizer = TextTokenizer.of(files.tokenizer(), maxLength);
    try {
      config.requireVocabulary(tokenizer.vocabSize());
      TokenizerSummary summary = TokenizerSummary.of(files.tokenizer());
      return new Predictor(tokenizer, SequenceClassifier.load(files), summary);
    } catch (RuntimeException | Error e) {
      try {
        tokenizer.close();
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /** What a text's labels are. */
  ProblemType problemType() {
    return classifier.config().problemType();
  }

  /** The configuration. */
  ModelConfig config() {
    return classifier.config();
  }

  /** The label names, by index. */
  List<String> labels() {
    return classifier.labels();
  }

  /**
   * The logit of each label for each text, or pair of texts, in the order of the texts.
   *
   * <p>Texts of like length go through the network together, so that little of a batch is padding;
   * batches side by side.
   *
   * @param pairs the second texts, as many as {@code texts}; empty for single texts
   * @param factor of the logits
   * @param dtype fp32 or bf16
   * @param batchSize texts a forward pass
   * @param withPooled whether the vectors that the last layer takes are given too
   * @param unknown takes how many of the tokens the tokenizer does not know
   * @return logits {@code [texts.size()][labels().size()]}, times the factor
   */
  SequenceClassifier.Outputs outputs(
      List<String> texts,
      Optional<List<String>> pairs,
      double factor,
      ScalarType dtype,
      int batchSize,
      boolean withPooled,
      Consumer<UnknownTokens> unknown) {
    List<Encoding> encodings =
        pairs
            .map(seconds -> tokenizer.encodePairs(texts, seconds))
            .orElseGet(() -> tokenizer.encode(texts));
    unknown.accept(unknown(encodings));
    Integer[] byLength = new Integer[texts.size()];
    Arrays.setAll(byLength, i -> i);
    Arrays.sort(byLength, Comparator.comparingInt(i -> encodings.get(i).inputIds().length));
    float[][] logits = new float[texts.size()][];
    float[][] pooled = new float[withPooled ? texts.size() : 0][];
    ForwardPass pass = new ForwardPass(dtype, null).with(prepared(dtype));
    List<Runnable> passes = new ArrayList<>();
    // The longest take the most time: last, they would be waited for alone.
    for (int end = byLength.length; end > 0; end -= batchSize) {
      Integer[] rows = Arrays.copyOfRange(byLength, Math.max(0, end - batchSize), end);
      passes.add(
          () -> {
            SequenceClassifier.Outputs ofBatch =
                classifier.outputs(pass, batch(encodings, rows), withPooled);
            for (int i = 0; i < rows.length; i++) {
              logits[rows[i]] = times(ofBatch.logits()[i], factor);
              if (withPooled) {
                pooled[rows[i]] = ofBatch.pooled()[i];
              }
            }
          });
    }
    PassThreads.run(passes);
    return new SequenceClassifier.Outputs(logits, pooled);
  }

  private Batch batch(List<Encoding> encodings, Integer[] rows) {
    List<int[]> ids = Arrays.stream(rows).map(i -> encodings.get(i).inputIds()).toList();
    int[] starts =
        Arrays.stream(rows).mapToInt(i -> encodings.get(i).secondSegmentStart()).toArray();
    return Batch.of(ids, starts, new int[rows.length][0], classifier.padTokenId());
  }

  private PreparedWeights prepared(ScalarType dtype) {
    return prepared.computeIfAbsent(dtype.intern(), type -> new PreparedWeights());
  }

  /**
   * What says where its answers come from; good for as long as this is.
   *
   * @throws org.sparkfinetune.UserException when there is no such label
   */
  Explainer explainer(ExplainArguments arguments) {
    return new Explainer(classifier, tokenizer, maskToken, arguments, PassThreads::run);
  }

  /**
   * How alike attributions stay where the weights are random.
   *
   * @param files of this classifier, of which a copy is loaded
   */
  List<RandomizedPart> randomized(
      ModelFiles files,
      ExplainArguments arguments,
      List<String> texts,
      Optional<List<String>> pairs) {
    try (SequenceClassifier copy = SequenceClassifier.load(files)) {
      return WeightRandomization.of(
          classifier, copy, tokenizer, maskToken, arguments, texts, pairs);
    }
  }

  /** What stands for a masked word in a text; empty where the tokenizer has no such token. */
  String mask() {
    return mask;
  }

  private static float[] times(float[] logits, double factor) {
    if (factor == 1) {
      return logits;
    }
    float[] scaled = new float[logits.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) (logits[i] * factor);
    }
    return scaled;
  }

  private UnknownTokens unknown(List<Encoding> encodings) {
    return new UnknownTokens(
        unknownToken.isEmpty()
            ? 0
            : encodings.stream()
                .flatMapToInt(encoding -> Arrays.stream(encoding.inputIds()))
                .filter(id -> id == unknownToken.getAsInt())
                .count(),
        encodings.stream().mapToLong(encoding -> encoding.inputIds().length).sum());
  }

  @Override
  public void close() {
    try {
      tokenizer.close();
    } finally {
      prepared.values().forEach(PreparedWeights::close);
      classifier.close();
    }
  }
}
