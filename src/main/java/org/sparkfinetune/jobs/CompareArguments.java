package org.sparkfinetune.jobs;

import java.util.Arrays;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code compare} takes beside data. */
public record CompareArguments(
    @Key(
            doc =
                "The two models, [FIRST,SECOND], each as model of jobs/evaluate has it; a champion"
                    + " in a registry is models:/NAME@champion.",
            defaultValue = "")
        String models,
    @Key(
            doc =
                "The folder for comparison.json, slices.json, report.html, the rows that one of the"
                    + " two alone gets right and the rejected rows. When not set, the job only prints.",
            defaultValue = "")
        String output) {
  static final Schema<CompareArguments> SCHEMA = Schema.of("", CompareArguments.class);

  /**
   * The two.
   *
   * @throws UserException when there are fewer or more
   */
  List<String> both() {
    String listed =
        models.startsWith("[") && models.endsWith("]")
            ? models.substring(1, models.length() - 1)
            : models;
    List<String> both = Arrays.stream(listed.split(",", -1)).map(String::strip).toList();
    if (both.size() != 2 || both.contains("")) {
      throw new UserException(
          "models=%s is not allowed: expected two, [FIRST,SECOND], without commas in their paths"
              .formatted(models));
    }
    return both;
  }
}
