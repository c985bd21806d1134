package org.sparkfinetune.finetune;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.text.NumberFormat;

/** Which words a classifier's answers come from. Immutable. */
@PublicApi
public final class ExplanationResult {
  private final Dataset<Row> rows;
  private final Dataset<Row> words;
  private final Optional<Dataset<Row>> confusions;
  private final Map<String, Double> metrics;
  private final Map<RejectReason, Long> rejected;
  private final Optional<RecordedRun> recorded;

  ExplanationResult(
      Dataset<Row> rows,
      Dataset<Row> words,
      Optional<Dataset<Row>> confusions,
      Map<String, Double> metrics,
      Map<RejectReason, Long> rejected,
      Optional<RecordedRun> recorded) {
    this.rows = rows;
    this.words = words;
    this.confusions = confusions;
    this.metrics = metrics;
    this.rejected = rejected;
    this.recorded = recorded;
  }

  /** The same, with its record, which has ended. */
  ExplanationResult with(RecordedRun run) {
    return new ExplanationResult(rows, words, confusions, metrics, rejected, Optional.of(run));
  }

  /**
   * The explained rows: all their columns and {@code prediction} (a string, or an array of strings
   * for multi-label models), {@code attributions} (an array of structs of {@code word}, {@code
   * begin}, {@code end} and {@code score}, of pairs also {@code text}; characters are counted as
   * Spark's {@code substring} does, from 0; the score is null of a word behind the longest text),
   * {@code completeness_delta} (a double, by how much the scores miss the sum that integrated
   * gradients promise, else null), {@code explained_class} and {@code special_tokens_score} (what
   * tokens that the tokenizer adds get); with {@code explain.measure} also {@code faithfulness}, a
   * struct of what {@link #metrics} has the means of; with {@code explain.neighbors} {@code
   * neighbors}, the nearest training rows, an array of structs of {@code text}, of pairs {@code
   * text_pair}, {@code label}, {@code similarity} (a cosine), {@code prediction} and {@code
   * influence} (above 0 for the prediction); with {@code explain.counterfactual} {@code
   * counterfactual}, a struct of {@code label}, {@code words} and {@code text}, the least words
   * that have to go, or to be replaced (each with a {@code replacement}), for another prediction.
   * They are read from the output.
   */
  public Dataset<Row> rows() {
    return rows;
  }

  /**
   * The words with the largest and the smallest mean attribution for each label: {@code class},
   * {@code word} (in lower case), {@code mean_attribution}, {@code occurrences} and {@code rows};
   * {@code labeled_rows} (of all labeled rows those with the word), {@code label_share} (of these,
   * those that have the label), {@code label_share_low} and {@code label_share_high} (its exact 95
   * % interval), {@code base_rate} (the label's share of all labeled rows) and {@code spurious} (a
   * boolean: the attribution is above 0, the share not above that of all rows), null where no
   * labels are known; {@code removed_rows} (the rows of the label that the word was removed from),
   * {@code flipped_share} (of these, those that another label is predicted of then) and {@code
   * probability_change} (what the label's probability gains, a mean).
   */
  public Dataset<Row> words() {
    return words;
  }

  /**
   * The words that wrong predictions come from, those with the largest summed attribution to the
   * prediction: {@code label} (of sets, joined by commas), {@code prediction}, {@code
   * confused_rows} (of this label and prediction), {@code word}, {@code attribution} (the sum),
   * {@code occurrences} and {@code rows} among these, {@code removed_rows}, {@code flipped_share}
   * and {@code probability_change} as in {@link #words}. Empty where no labels are known.
   */
  public Optional<Dataset<Row>> confusions() {
    return confusions;
  }

  /**
   * What there is to say of all rows: {@code rows}, {@code rejected_rows} and, of integrated
   * gradients, {@code completeness_delta_mean} and {@code completeness_delta_max}; with {@code
   * explain.counterfactual} {@code counterfactual_rows}, those that have one, and {@code
   * counterfactual_words_mean}; where labels are known {@code spurious_words}, how many of {@link
   * #words} are; with {@code explain.neighbors} {@code training_rows}, how many were looked at;
   * with {@code explain.measure} the means of {@code comprehensiveness}, {@code sufficiency},
   * {@code deletion} and {@code insertion}, and the same of a random order of the words, as {@code
   * random_deletion}; {@code sanity_head}, {@code sanity_layer_6} and so on to {@code
   * sanity_embeddings}, the mean rank correlations with the attributions of the same model whose
   * weights are random from the head down to this part, of {@code sanity_rows} rows.
   */
  public Map<String, Double> metrics() {
    return metrics;
  }

  /**
   * The rows that were not explained, by reason: {@code malformed_row}, {@code blank_text} or
   * {@code blank_text_pair}; they are in {@code rejected_rows}.
   */
  public Map<String, Long> rejected() {
    return rejected.entrySet().stream()
        .collect(Collectors.toMap(entry -> entry.getKey().code(), Map.Entry::getValue));
  }

  /** The record of the explanation; empty where no tracking server is named. */
  public Optional<RecordedRun> run() {
    return recorded;
  }

  /** A text in brief. */
  public String summary() {
    String line = NumberFormat.thousands(metrics.get("rows").longValue()) + " rows explained";
    String rows =
        rejected.isEmpty() ? line : line + "; not explained: " + RejectReason.inWords(rejected);
    return rows + "\n" + FaithfulnessTable.text(metrics) + SanityCheck.text(metrics);
  }

  @Override
  public String toString() {
    return summary();
  }
}
