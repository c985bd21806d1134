package org.sparkfinetune.finetune;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** Which rows are selected to be labeled, and how many: the section {@code select}. */
public record SelectionArguments(
    @Key(doc = "How many rows to select.", defaultValue = "100", min = 1, max = 1_000_000)
        int budget,
    @Key(
            doc =
                "Which rows come first: those whose most probable label is least probable"
                    + " (least_confidence), whose two most probable labels are nearest to each other"
                    + " (margin), whose probabilities are most even (entropy), that are farthest from"
                    + " each other (core_set), that are unsure and far from each other (badge), or"
                    + " any (random).",
            defaultValue = "margin")
        SelectionStrategy strategy,
    @Key(
            doc = "Seed of what is drawn, and of which of equally useful rows come first.",
            defaultValue = "42")
        long seed) {
  static final Schema<SelectionArguments> SCHEMA = Schema.of("select", SelectionArguments.class);
}
