package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code calibrate} takes beside data. */
public record CalibrateArguments(
    @Key(doc = "The model, as jobs/evaluate takes it; it stays as it is.", defaultValue = "")
        String model,
    @Key(doc = "The folder for the calibrated model and a page, report.html.", defaultValue = "")
        String output) {
  static final Schema<CalibrateArguments> SCHEMA = Schema.of("", CalibrateArguments.class);
}
