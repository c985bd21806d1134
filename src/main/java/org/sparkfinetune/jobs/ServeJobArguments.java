package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code serve} takes beside how it listens. */
public record ServeJobArguments(
    @Key(doc = EvaluateArguments.MODEL, defaultValue = "") String model) {
  static final Schema<ServeJobArguments> SCHEMA = Schema.of("", ServeJobArguments.class);
}
