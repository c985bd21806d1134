package org.sparkfinetune.explain;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Why a classifier says what it says of a text, or of a pair of texts.
 *
 * @param logits of each label, by index
 * @param target the index of the label whose logit is shared among the words
 * @param words in their order, those of a second text behind the first's
 * @param special what the tokens that the tokenizer adds get together
 * @param completenessDelta what words and special tokens add up to beyond what the logit has more
 *     than that of the text with all words away; empty for methods that promise no sum
 * @param faithfulness of the attributions, where it is measured and the text has words
 * @param random the same of a random order of the words, to compare with
 * @param counterfactual the least words that have to go for another decision, where they are looked
 *     for and found
 */
public record ExplainedText(
    float[] logits,
    int target,
    List<WordAttribution> words,
    double special,
    OptionalDouble completenessDelta,
    Optional<Faithfulness> faithfulness,
    Optional<Faithfulness> random,
    Optional<Counterfactual> counterfactual) {}
