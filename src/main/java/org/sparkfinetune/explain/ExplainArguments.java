package org.sparkfinetune.explain;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.train.Precision;

/** How predictions are explained: the section {@code explain}. */
public record ExplainArguments(
    @Key(
            doc =
                "How a logit is shared among words: integrated_gradients, input_x_gradient and saliency"
                    + " by gradients, occlusion and kernel_shap by masking words; attention_rollout:"
                    + " where attention has looked, whatever the label.",
            defaultValue = "integrated_gradients")
        AttributionMethod method,
    @Key(
            doc = "The label that is explained; by default the most probable one of each row.",
            defaultValue = "")
        String target,
    @Key(
            doc = "integrated_gradients: places between baseline and text.",
            defaultValue = "32",
            min = 1,
            max = 4096)
        int steps,
    @Key(
            doc =
                "integrated_gradients: which places, and what each counts: gausslegendre or"
                    + " riemann_middle.",
            defaultValue = "gausslegendre")
        IntegrationRule integration,
    @Key(
            doc =
                "integrated_gradients: what each token but special ones starts from: the token that pads"
                    + " (pad) or masks (mask), or a vector of zeros (zero).",
            defaultValue = "pad")
        Baseline baseline,
    @Key(
            doc =
                "kernel_shap: the sets of words that are looked at; all of them where there are no more,"
                    + " else as many are drawn.",
            defaultValue = "1024",
            min = 2,
            max = 1_000_000)
        int samples,
    @Key(
            doc =
                "Seed of what is drawn: kernel_shap's sets and, with measure, the random order of the"
                    + " words and the random weights.",
            defaultValue = "42")
        long seed,
    @Key(
            doc =
                "The most tokens of a forward pass, over the copies of all rows in it: what bounds the"
                    + " memory of each core. A row that is longer is a pass by itself.",
            defaultValue = "8192",
            min = 1,
            max = 10_000_000)
        int tokensPerPass,
    @Key(
            doc =
                "Arithmetic: fp32, or bf16, which is faster and moves scores by some hundredths of the"
                    + " largest; auto takes bf16 where the processor multiplies it.",
            defaultValue = "fp32")
        Precision precision,
    @Key(
            doc =
                "Whether it is measured how faithful the attributions are: what becomes of the"
                    + " label's probability without and with the words of the largest scores, beside"
                    + " a random order, and how alike they stay where the weights are random. Takes"
                    + " some 30 more forward passes a row.",
            defaultValue = "false")
        boolean measure,
    @Key(
            doc =
                "Whether the least words are looked for that have to go (remove), or to be replaced by"
                    + " likely words of another label (replace), so that another label is predicted"
                    + " (multi-label: so that the explained one is predicted or not).",
            defaultValue = "none")
        CounterfactualKind counterfactual,
    @Key(
            doc =
                "counterfactual=replace: the words of each label that may take the place of others, in"
                    + " JSON, as {\"card\": [\"visa\"]}. When not set, likely words of the rows of"
                    + " neighbors.",
            defaultValue = "")
        String replacements) {
  /** The same without what is looked for beside attributions. */
  ExplainArguments withoutMeasures() {
    return new ExplainArguments(
        method,
        target,
        steps,
        integration,
        baseline,
        samples,
        seed,
        tokensPerPass,
        precision,
        false,
        CounterfactualKind.NONE,
        "");
  }

  /** The same with words by label to replace others by, as {@link Replacements} writes them. */
  public ExplainArguments withReplacements(String words) {
    return new ExplainArguments(
        method,
        target,
        steps,
        integration,
        baseline,
        samples,
        seed,
        tokensPerPass,
        precision,
        measure,
        counterfactual,
        words);
  }

  /** The section. */
  public static final Schema<ExplainArguments> SCHEMA =
      Schema.of("explain", ExplainArguments.class);
}
