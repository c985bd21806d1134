package org.sparkfinetune.explain;

import java.util.List;

/**
 * What a text would have to lack, or to have instead, for another decision.
 *
 * @param words the places of the words that go, among those of the text, ascending
 * @param replacements what takes the place of each of them; none where they just go
 * @param predicted the indices of the labels that are predicted then, ascending
 */
public record Counterfactual(
    List<Integer> words, List<String> replacements, List<Integer> predicted) {}
