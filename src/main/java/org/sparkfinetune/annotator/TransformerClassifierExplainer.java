package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.AnnotatorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.Explainer;
import org.sparkfinetune.explain.RandomizedPart;
import org.sparkfinetune.explain.Replacements;

/**
 * Says which words a fine-tuned transformer's answers come from: a Spark NLP annotator, DOCUMENT
 * in, TOKEN out. {@code TransformerClassifierModel.explainer()} makes it.
 *
 * <p>Each word of a document gets one annotation, with the word as its result and its place in the
 * document as begin and end. Metadata: {@code attribution}, what the word has done for the logit of
 * the label {@code class} (above 0 for it, below against it; {@code saliency} knows no against);
 * {@code method}; {@code delta}, by how much the attributions of the document miss the sum that
 * integrated gradients promise, absent of other methods; {@code special}, what the tokens get that
 * the tokenizer adds; {@code sentence}, the document's position within its row; of pairs {@code
 * text}, 0 for a word of the first text and 1 for one of the second. A word behind {@link
 * #maxLength}, which the model has not seen, has {@code seen} false and no attribution.
 *
 * <p>A document without a word has no annotation. Two input columns make pairs, as of {@code
 * TransformerClassifierModel}, whose batches, broadcast and saved form these are too.
 *
 * <p>Its Params are the settings of {@code explain}. {@link #tokensPerPass} bounds the memory of a
 * task, whatever the rows' length.
 */
@PublicApi
public final class TransformerClassifierExplainer
    extends ClassifierAnnotator<TransformerClassifierExplainer> {
  private static final long serialVersionUID = 1L;

  /** Creates an explainer with no weights, for Spark's reader; see {@link #load}. */
  public TransformerClassifierExplainer(String uid) {
    this(PendingUid.setAside(uid));
  }

  private TransformerClassifierExplainer(PendingUid uid) {
    super(uid);
    settings.addAll(ExplainArguments.SCHEMA);
  }

  /** The reader that {@code PipelineModel.load} asks for. */
  public static MLReader<TransformerClassifierExplainer> read() {
    return reader();
  }

  /**
   * Loads a saved explainer from any Hadoop path.
   *
   * @throws UserException when the path holds none or lacks one of its files
   */
  public static TransformerClassifierExplainer load(String path) {
    return reader().load(path);
  }

  private static ClassifierAnnotatorReader<TransformerClassifierExplainer> reader() {
    return new ClassifierAnnotatorReader<>(
        TransformerClassifierExplainer.class, TransformerClassifierExplainer::new);
  }

  @Override
  public String outputAnnotatorType() {
    return AnnotatorType.TOKEN();
  }

  /**
   * Sets a Param to a value as a configuration has it: {@code "64"} will do for a number.
   *
   * @param key as the section {@code explain} has it, as {@code tokens_per_pass}
   * @throws UserException when the key is unknown or the value is not allowed
   */
  public TransformerClassifierExplainer setArgument(String key, Object value) {
    settings.setConverted(key, value);
    return this;
  }

  /**
   * How a logit is shared among words: {@code integrated_gradients}, the default, {@code
   * input_x_gradient}, {@code saliency}, {@code occlusion}, {@code kernel_shap} or {@code
   * attention_rollout}.
   */
  public Param<String> method() {
    return settings.string("method");
  }

  /**
   * Sets {@link #method}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setMethod(String value) {
    settings.set("method", value);
    return this;
  }

  /** Gets {@link #method}. */
  public String getMethod() {
    return getOrDefault(method());
  }

  /**
   * The label that is explained; empty, the default, for the most probable one of each document.
   */
  public Param<String> target() {
    return settings.string("target");
  }

  /**
   * Sets {@link #target}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setTarget(String value) {
    Explainer.target(value, List.of(getClasses()));
    settings.set("target", value);
    return this;
  }

  /** Gets {@link #target}. */
  public String getTarget() {
    return getOrDefault(target());
  }

  /** Integrated gradients: places between baseline and text, 32 by default. */
  public IntParam steps() {
    return settings.get(IntParam.class, "steps");
  }

  /**
   * Sets {@link #steps}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setSteps(int value) {
    settings.set("steps", value);
    return this;
  }

  /** Gets {@link #steps}. */
  public int getSteps() {
    return (int) getOrDefault(steps());
  }

  /**
   * Integrated gradients: which places, {@code gausslegendre}, the default, or {@code
   * riemann_middle}.
   */
  public Param<String> integration() {
    return settings.string("integration");
  }

  /**
   * Sets {@link #integration}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setIntegration(String value) {
    settings.set("integration", value);
    return this;
  }

  /** Gets {@link #integration}. */
  public String getIntegration() {
    return getOrDefault(integration());
  }

  /**
   * Integrated gradients: what tokens start from: {@code pad}, the default, {@code mask} or {@code
   * zero}.
   */
  public Param<String> baseline() {
    return settings.string("baseline");
  }

  /**
   * Sets {@link #baseline}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setBaseline(String value) {
    settings.set("baseline", value);
    return this;
  }

  /** Gets {@link #baseline}. */
  public String getBaseline() {
    return getOrDefault(baseline());
  }

  /** Kernel SHAP: the most sets of words that are looked at, 1024 by default. */
  public IntParam samples() {
    return settings.get(IntParam.class, "samples");
  }

  /**
   * Sets {@link #samples}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setSamples(int value) {
    settings.set("samples", value);
    return this;
  }

  /** Gets {@link #samples}. */
  public int getSamples() {
    return (int) getOrDefault(samples());
  }

  /**
   * Seed of what is drawn, Kernel SHAP's sets and the random order of {@link #measure}, 42 by
   * default.
   */
  public LongParam seed() {
    return settings.get(LongParam.class, "seed");
  }

  /**
   * Sets {@link #seed}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setSeed(long value) {
    settings.set("seed", value);
    return this;
  }

  /** Gets {@link #seed}. */
  public long getSeed() {
    return (long) getOrDefault(seed());
  }

  /** The most tokens of a forward pass, 8192 by default: what bounds the memory of each core. */
  public IntParam tokensPerPass() {
    return settings.get(IntParam.class, "tokens_per_pass");
  }

  /**
   * Sets {@link #tokensPerPass}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setTokensPerPass(int value) {
    settings.set("tokens_per_pass", value);
    return this;
  }

  /** Gets {@link #tokensPerPass}. */
  public int getTokensPerPass() {
    return (int) getOrDefault(tokensPerPass());
  }

  /** Arithmetic: {@code fp32}, the default, {@code bf16} or {@code auto}. */
  public Param<String> precision() {
    return settings.string("precision");
  }

  /**
   * Sets {@link #precision}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setPrecision(String value) {
    settings.set("precision", value);
    return this;
  }

  /** Gets {@link #precision}. */
  public String getPrecision() {
    return getOrDefault(precision());
  }

  /**
   * Whether metadata say how faithful the attributions of a document are, false by default: {@code
   * comprehensiveness}, {@code sufficiency}, {@code deletion} and {@code insertion}, and the same
   * of a random order of the words, as {@code random_deletion}.
   */
  public BooleanParam measure() {
    return settings.get(BooleanParam.class, "measure");
  }

  /** Sets {@link #measure}. */
  public TransformerClassifierExplainer setMeasure(boolean value) {
    settings.set("measure", value);
    return this;
  }

  /** Gets {@link #measure}. */
  public boolean getMeasure() {
    return (boolean) getOrDefault(measure());
  }

  /**
   * Whether metadata say what would have to be different for another answer: {@code none}, the
   * default, {@code remove} for words that have to go, {@code replace} for words in whose place
   * others have to stand. {@code counterfactual} of these words is what stands for each (with
   * {@code remove} the token that masks; empty where the tokenizer has none, and words are
   * dropped), and {@code counterfactual_classes} of all the labels predicted then, as JSON. Neither
   * is there where no such words were found.
   */
  public Param<String> counterfactual() {
    return settings.string("counterfactual");
  }

  /**
   * Sets {@link #counterfactual}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierExplainer setCounterfactual(String value) {
    settings.set("counterfactual", value);
    return this;
  }

  /** Gets {@link #counterfactual}. */
  public String getCounterfactual() {
    return getOrDefault(counterfactual());
  }

  /**
   * The words of each label that may take the place of others where {@link #counterfactual} is
   * {@code replace}, in JSON, as <code>{"card": ["visa"]}</code>; empty by default.
   */
  public Param<String> replacements() {
    return settings.string("replacements");
  }

  /** Sets {@link #replacements}. */
  public TransformerClassifierExplainer setReplacements(String value) {
    settings.set("replacements", value);
    return this;
  }

  /** Gets {@link #replacements}. */
  public String getReplacements() {
    return getOrDefault(replacements());
  }

  /** How alike attributions stay where the weights are random, from the head down. */
  List<RandomizedPart> randomized(List<String> texts, Optional<List<String>> pairs) {
    try (var lease = source().classifier(getMaxLength())) {
      return lease
          .value()
          .randomized(files(), settings.toRecord(ExplainArguments.SCHEMA), texts, pairs);
    }
  }

  @Override
  public Dataset<?> beforeAnnotate(Dataset<?> dataset) {
    // Before a task finds it.
    Explainer.target(getTarget(), List.of(getClasses()));
    Replacements.of(settings.toRecord(ExplainArguments.SCHEMA), List.of(getClasses()));
    return super.beforeAnnotate(dataset);
  }

  @Override
  List<List<Annotation>> annotations(List<Annotation[]> rows) {
    try (var lease = source().classifier(getMaxLength())) {
      return new WordAnnotator(lease.value(), isPairs(), settings.toRecord(ExplainArguments.SCHEMA))
          .words(rows);
    }
  }

  @Override
  List<Row> annotatedRows(List<Row> rows) {
    DocumentRows form = new DocumentRows(getInputCols());
    List<List<Annotation>> words = annotations(rows.stream().map(form::documents).toList());
    List<Row> after = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      after.add(form.annotated(rows.get(i), words.get(i)));
    }
    return after;
  }
}
