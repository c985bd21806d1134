package org.sparkfinetune.explain;

/**
 * What the tokens of a row get.
 *
 * @param scores of each token
 * @param delta what the scores add up to beyond what the logit has more than the baseline's; NaN
 *     for methods that promise no sum
 */
record TokenScores(double[] scores, double delta) {}
