package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.text.Nearest;
import org.sparkfinetune.tokenize.AlignedEncoding;
import org.sparkfinetune.tokenize.TextTokenizer;

/** Explains what a classifier says of texts. Thread-safe, as are the model and its tokenizer. */
public final class Explainer {
  /**
   * Texts that are explained together: with 32 steps of integrated gradients they are about one
   * pass of the default number of tokens, and few enough that all cores have some.
   */
  private static final int PART = 16;

  private final SequenceClassifier model;
  private final TextTokenizer tokenizer;
  private final Consumer<List<Runnable>> runner;
  private final ExplainArguments arguments;
  private final ForwardPass pass;
  private final OptionalInt maskToken;
  private final int replacement;
  private final int filler;
  private final OptionalInt target;
  private final List<List<String>> replacements;

  /** One that computes on the calling thread. */
  public Explainer(
      SequenceClassifier model,
      TextTokenizer tokenizer,
      OptionalInt maskToken,
      ExplainArguments arguments) {
    this(model, tokenizer, maskToken, arguments, parts -> parts.forEach(Runnable::run));
  }

  /**
   * @param model and tokenizer stay the caller's
   * @param maskToken the token id that masks; empty where the tokenizer has none, and the one that
   *     pads is taken, or, of a counterfactual, none
   * @param runner runs parts of the texts, in any order and side by side, and returns when all have
   *     run
   * @throws UserException when the model has no such label, or there are no words to replace others
   *     by
   */
  public Explainer(
      SequenceClassifier model,
      TextTokenizer tokenizer,
      OptionalInt maskToken,
      ExplainArguments arguments,
      Consumer<List<Runnable>> runner) {
    this.runner = runner;
    this.model = model;
    this.tokenizer = tokenizer;
    this.arguments = arguments;
    this.pass = new ForwardPass(arguments.precision().dtype(), null);
    this.maskToken = maskToken;
    this.replacement = maskToken.orElse(model.padTokenId());
    this.filler = arguments.baseline() == Baseline.MASK ? replacement : model.padTokenId();
    this.target = target(arguments.target(), model.labels());
    this.replacements = Replacements.of(arguments, model.labels());
  }

  /**
   * The index of a label.
   *
   * @param label empty for none
   * @throws UserException when there is no such label
   */
  public static OptionalInt target(String label, List<String> labels) {
    if (label.isEmpty()) {
      return OptionalInt.empty();
    }
    int index = labels.indexOf(label);
    if (index < 0) {
      throw new UserException(
          "explain.target=%s: the model has no such label: did you mean %s?"
              .formatted(label, Nearest.of(label, labels)));
    }
    return OptionalInt.of(index);
  }

  /**
   * Explains texts.
   *
   * @param pairs the second texts, as many as {@code texts}; empty for single texts
   */
  public List<ExplainedText> explain(List<String> texts, Optional<List<String>> pairs) {
    ExplainedText[] explained = new ExplainedText[texts.size()];
    List<Runnable> parts = new ArrayList<>();
    for (int start = 0; start < explained.length; start += PART) {
      int from = start;
      int to = Math.min(start + PART, explained.length);
      parts.add(
          () -> {
            List<ExplainedText> part =
                explain(
                    texts.subList(from, to), pairs.map(second -> second.subList(from, to)), null);
            for (int i = from; i < to; i++) {
              explained[i] = part.get(i - from);
            }
          });
    }
    runner.accept(parts);
    return List.of(explained);
  }

  /**
   * The same of given labels.
   *
   * @param labels of each text the index of the label that is explained; null for the setting's
   */
  List<ExplainedText> explain(List<String> texts, Optional<List<String>> pairs, int[] labels) {
    List<AlignedEncoding> aligned = tokenizer.align(texts, pairs);
    List<TokenRow> rows = aligned.stream().map(TokenRow::of).toList();
    float[][] logits = logits(rows);
    int[] targets = new int[rows.size()];
    Arrays.setAll(
        targets,
        row -> labels != null ? labels[row] : target.orElseGet(() -> largest(logits[row])));
    List<TokenScores> ofTokens = ofTokens(rows, targets);
    List<ExplainedText> explained = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      List<String> ofRow =
          pairs.isPresent() ? List.of(texts.get(i), pairs.get().get(i)) : List.of(texts.get(i));
      List<Word> words = Word.of(aligned.get(i), ofRow);
      List<List<Integer>> seen =
          words.stream().map(Word::tokens).filter(tokens -> !tokens.isEmpty()).toList();
      double[] scores;
      double special = 0;
      double delta = Double.NaN;
      if (ofTokens.isEmpty()) {
        scores = byMasking(rows.get(i), targets[i], logits[i][targets[i]], seen);
      } else {
        double[] tokens = ofTokens.get(i).scores();
        scores =
            seen.stream()
                .mapToDouble(word -> word.stream().mapToDouble(token -> tokens[token]).sum())
                .toArray();
        special = Arrays.stream(tokens).sum() - Arrays.stream(scores).sum();
        delta = ofTokens.get(i).delta();
      }
      ExplainedText text = explained(logits[i], targets[i], words, ofRow, scores, special, delta);
      explained.add(measured(text, rows.get(i), seen, scores, ofRow));
    }
    return explained;
  }

  /** The scores of each row's tokens; none where words are masked. */
  private List<TokenScores> ofTokens(List<TokenRow> rows, int[] targets) {
    if (arguments.method().isByMasking()) {
      return List.of();
    }
    return arguments.method() == AttributionMethod.ATTENTION_ROLLOUT
        ? new AttentionRollout(model, pass, arguments.tokensPerPass()).of(rows)
        : new GradientAttribution(model, pass, arguments, filler).of(rows, targets);
  }

  /** In the order of the rows; those of like length go through the network together. */
  private float[][] logits(List<TokenRow> rows) {
    float[][] logits = new float[rows.size()][];
    for (List<Integer> part : Passes.byLength(rows, arguments.tokensPerPass())) {
      float[][] ofPart =
          model.logits(
              pass, Passes.batch(part.stream().map(rows::get).toList(), model.padTokenId()));
      for (int i = 0; i < ofPart.length; i++) {
        logits[part.get(i)] = ofPart[i];
      }
    }
    return logits;
  }

  private static int largest(float[] logits) {
    int largest = 0;
    for (int label = 1; label < logits.length; label++) {
      largest = logits[label] > logits[largest] ? label : largest;
    }
    return largest;
  }

  /** The scores of the words that the model has seen. */
  private double[] byMasking(TokenRow row, int label, double whole, List<List<Integer>> words) {
    WordMasking masking = masking(OptionalInt.of(replacement));
    if (words.isEmpty()) {
      return new double[0];
    }
    BitSet all = new BitSet();
    all.set(0, words.size());
    List<BitSet> kept = new ArrayList<>();
    if (arguments.method() == AttributionMethod.OCCLUSION) {
      for (int word = 0; word < words.size(); word++) {
        BitSet others = (BitSet) all.clone();
        others.clear(word);
        kept.add(others);
      }
      double[] without = masking.logits(row, label, words, kept);
      return Arrays.stream(without).map(logit -> whole - logit).toArray();
    }
    KernelShap shap = new KernelShap(words.size(), arguments.samples(), arguments.seed());
    kept.addAll(shap.sets());
    kept.add(new BitSet());
    double[] logits = masking.logits(row, label, words, kept);
    return shap.values(Arrays.copyOf(logits, logits.length - 1), logits[logits.length - 1], whole);
  }

  /** With a counterfactual and how faithful it is, where these are asked for. */
  private ExplainedText measured(
      ExplainedText explained,
      TokenRow row,
      List<List<Integer>> words,
      double[] scores,
      List<String> texts) {
    if (words.isEmpty()) {
      return explained;
    }
    Optional<Counterfactual> counterfactual =
        arguments.counterfactual() == CounterfactualKind.NONE
            ? Optional.empty()
            : counterfactual(explained, row, words, scores, texts);
    Optional<Faithfulness> faithfulness = Optional.empty();
    Optional<Faithfulness> random = Optional.empty();
    if (arguments.measure()) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, words.size()).boxed().toList());
      // Of the text, so that a row has the same wherever it lies.
      Collections.shuffle(order, new Random(arguments.seed() ^ texts.hashCode()));
      random = faithfulness(row, explained.target(), words, order);
      faithfulness = faithfulness(row, explained.target(), words, byScore(scores, true));
    }
    return new ExplainedText(
        explained.logits(),
        explained.target(),
        explained.words(),
        explained.special(),
        explained.completenessDelta(),
        faithfulness,
        random,
        counterfactual);
  }

  /** The places of words by their scores, of equal ones in their order. */
  private static List<Integer> byScore(double[] scores, boolean largestFirst) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(word -> largestFirst ? -scores[word] : scores[word]))
        .toList();
  }

  private WordMasking masking(OptionalInt token) {
    return new WordMasking(model, pass, token, arguments.tokensPerPass());
  }

  /** What would have to be different for another decision, as the setting looks for it. */
  private Optional<Counterfactual> counterfactual(
      ExplainedText text,
      TokenRow row,
      List<List<Integer>> words,
      double[] scores,
      List<String> texts) {
    Counterfactuals search = new Counterfactuals(model);
    List<Integer> order = byScore(scores, search.decided(text));
    List<Integer> seen =
        IntStream.range(0, text.words().size())
            .filter(word -> text.words().get(word).score().isPresent())
            .boxed()
            .toList();
    if (arguments.counterfactual() == CounterfactualKind.REPLACE) {
      return search.replacing(
          text, seen, order, replacements, variants -> logits(text, texts, variants));
    }
    WordMasking masking = masking(maskToken);
    return search.removing(text, seen, order, kept -> masking.logits(row, words, kept));
  }

  /** The logits of a text with words replaced, by their places, for each set of them. */
  private float[][] logits(
      ExplainedText text, List<String> texts, List<Map<Integer, String>> variants) {
    List<List<String>> changed = new ArrayList<>();
    texts.forEach(of -> changed.add(new ArrayList<>()));
    for (Map<Integer, String> variant : variants) {
      List<StringBuilder> ofVariant = texts.stream().map(StringBuilder::new).toList();
      // From the end, so that what is before a word stays where it is.
      variant.keySet().stream()
          .sorted(Comparator.reverseOrder())
          .forEach(
              place -> {
                WordAttribution word = text.words().get(place);
                ofVariant
                    .get(word.sequence())
                    .replace(word.begin(), word.end(), variant.get(place));
              });
      for (int i = 0; i < changed.size(); i++) {
        changed.get(i).add(ofVariant.get(i).toString());
      }
    }
    Optional<List<String>> pairs =
        changed.size() == 2 ? Optional.of(changed.get(1)) : Optional.empty();
    return logits(tokenizer.align(changed.get(0), pairs).stream().map(TokenRow::of).toList());
  }

  private Optional<Faithfulness> faithfulness(
      TokenRow row, int label, List<List<Integer>> words, List<Integer> order) {
    FaithfulnessCurve curve =
        new FaithfulnessCurve(order.stream().mapToInt(Integer::intValue).toArray());
    WordMasking masking = masking(OptionalInt.of(replacement));
    double[] probabilities =
        Arrays.stream(masking.logits(row, words, curve.sets()))
            .mapToDouble(logits -> model.config().problemType().task().probabilities(logits)[label])
            .toArray();
    return Optional.of(curve.of(probabilities));
  }

  private static ExplainedText explained(
      float[] logits,
      int target,
      List<Word> words,
      List<String> texts,
      double[] scores,
      double special,
      double delta) {
    List<WordAttribution> attributions = new ArrayList<>();
    int seen = 0;
    for (Word word : words) {
      attributions.add(
          new WordAttribution(
              texts.get(word.sequence()).substring(word.begin(), word.end()),
              word.sequence(),
              word.begin(),
              word.end(),
              word.tokens().isEmpty()
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(scores[seen++])));
    }
    return new ExplainedText(
        logits,
        target,
        attributions,
        special,
        Double.isNaN(delta) ? OptionalDouble.empty() : OptionalDouble.of(delta),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
