package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code predict} takes beside data. */
public record PredictArguments(
    @Key(doc = EvaluateArguments.MODEL, defaultValue = "") String model,
    @Key(
            doc =
                "Where to write the rows: a folder of files, as Spark writes them. Its ending gives"
                    + " the format (.csv, .tsv, .json, .jsonl, .parquet); without one it is the"
                    + " input's, and parquet for a table.",
            defaultValue = "")
        String output,
    @Key(
            doc =
                "In CSV and TSV, puts an apostrophe before texts and column names that a spreadsheet would"
                    + " take for a formula: those that start with =, +, - or @, also behind white"
                    + " space, and are no plain number. Without it, every text stays as it is.",
            defaultValue = "false")
        boolean csvEscapeFormulas) {
  static final Schema<PredictArguments> SCHEMA = Schema.of("", PredictArguments.class);
}
