package org.sparkfinetune.finetune;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What is shown of explained rows: more of the section {@code explain}. */
public record ExplanationArguments(
    @Key(
            doc =
                "Training rows, with their labels: of each explained row the nearest of them by the"
                    + " vector that the last layer takes are found, and counterfactual=replace takes"
                    + " their words. A location as data.train has; its format and columns are those"
                    + " of data. When not set, none are looked for.",
            defaultValue = "")
        String neighbors,
    @Key(
            doc = "How many training rows there are beside each explained row.",
            defaultValue = "5",
            min = 1,
            max = 1000)
        int nNeighbors,
    @Key(
            doc =
                "The most rows on the page; of more, as many are drawn by a hash of their texts. All"
                    + " are in attributions.",
            defaultValue = "200",
            min = 0,
            max = 10_000)
        int pageRows,
    @Key(
            doc = "How many words there are of each label, for it and against it.",
            defaultValue = "20",
            min = 1,
            max = 1000)
        int topWords,
    @Key(
            doc = "In how many rows of a label a word must occur to be one of these.",
            defaultValue = "3",
            min = 1,
            max = 1_000_000)
        int minWordRows,
    @Key(
            doc =
                "How many pairs of label and wrong prediction, those of the most rows, have the words"
                    + " listed that the wrong predictions come from.",
            defaultValue = "20",
            min = 0,
            max = 10_000)
        int topConfusions,
    @Key(
            doc =
                "With measure: of how many rows, drawn by a hash of their texts, the attributions are"
                    + " compared with those of the same model of random weights, the head's alone and"
                    + " then layer by layer; each is explained once more a layer. 0 for none.",
            defaultValue = "50",
            min = 0,
            max = 1000)
        int sanityRows) {
  static final Schema<ExplanationArguments> SCHEMA =
      Schema.of("explain", ExplanationArguments.class);
}
