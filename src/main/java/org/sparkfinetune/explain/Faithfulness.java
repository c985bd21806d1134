package org.sparkfinetune.explain;

/**
 * Whether the words with the largest scores are those that the answer depends on, by what becomes
 * of the label's probability where words are masked.
 *
 * @param comprehensiveness what the probability loses without the top words, averaged over the top
 *     1, 5, 10, 20 and 50 % (ERASER, DeYoung et al., 2020): higher is better
 * @param sufficiency what it loses with these words alone, averaged likewise: lower is better
 * @param deletion the area under the probability while words go, the top ones first (RISE, Petsiuk
 *     et al., 2018): lower is better
 * @param insertion the area under it while words come, the top ones first: higher is better
 */
public record Faithfulness(
    double comprehensiveness, double sufficiency, double deletion, double insertion) {}
