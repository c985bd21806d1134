package org.sparkfinetune.finetune;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What is done about an output that is there. */
public record OverwriteArguments(
    @Key(
            doc =
                "Whether an output that exists already is replaced; without it a job refuses to"
                    + " write there.",
            defaultValue = "false")
        boolean overwrite) {
  /** Its one key stands at the top, beside {@code output}. */
  public static final Schema<OverwriteArguments> SCHEMA = Schema.of("", OverwriteArguments.class);
}
