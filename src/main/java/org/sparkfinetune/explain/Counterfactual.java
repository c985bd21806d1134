package org.sparkfinetune.explain;

import java.util.List;

/**
 * What a text would have to lack for another decision.
 *
 * @param words the places of the words that go, among those of the text, ascending
 * @param predicted the indices of the labels that are predicted without them, ascending
 */
public record Counterfactual(List<Integer> words, List<Integer> predicted) {}
