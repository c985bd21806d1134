package org.sparkfinetune.explain;

import java.util.OptionalDouble;

/**
 * What a word has done for a logit.
 *
 * @param word as it stands in the text
 * @param sequence 0 for the first text, 1 for the second one of a pair
 * @param begin its first character in the text, as Java counts them
 * @param end behind its last one
 * @param score empty where the model has not seen the word, as the text was cut before it
 */
public record WordAttribution(
    String word, int sequence, int begin, int end, OptionalDouble score) {}
