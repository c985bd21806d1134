package org.sparkfinetune.finetune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.data.KeptColumns;
import org.sparkfinetune.pipeline.SliceOptions;
import org.sparkfinetune.slice.WorstBy;

/** By what measured rows are sliced: a part of the section {@code evaluate}. */
public record SliceArguments(
    @Key(
            doc =
                "Columns of the test rows by whose values they are measured too, as"
                    + " [country,channel,length]: each value is a slice, and the rows without one"
                    + " are; the 50 values with the most rows, and the others as one. Where the"
                    + " rows have no column length, it is the number of words of the text. None"
                    + " when not set.",
            defaultValue = "")
        String slices,
    @Key(
            doc =
                "Slices of a column of numbers, of about equally many rows each; numbers of at"
                    + " most so many values are a slice each.",
            defaultValue = "4",
            min = 2,
            max = 50)
        int sliceBins,
    @Key(
            doc =
                "How many of the slices with the most errors are searched for: among the values"
                    + " of the columns of slices and fairness, every two of them at once, and the"
                    + " words of the texts. 0 for no search.",
            defaultValue = "0",
            min = 0,
            max = 1000)
        int worstSlices,
    @Key(
            doc =
                "What makes a slice worse than the other rows: error (more wrong predictions,"
                    + " Fisher's exact test) or loss (a higher log loss, Welch's t-test). The"
                    + " p-values are corrected for all slices tested, by Holm.",
            defaultValue = "error")
        WorstBy worstBy,
    @Key(
            doc =
                "Rows that a slice has at least to be searched, a word to be looked for, and a"
                    + " group to be compared by fairness.",
            defaultValue = "30",
            min = 1,
            max = 1_000_000_000)
        int minSliceRows,
    @Key(
            doc =
                "Columns whose values are groups that should be treated alike, as [gender]: gives"
                    + " the differences of demographic parity, of equal opportunity and of"
                    + " equalized odds, as fairlearn defines them. None when not set.",
            defaultValue = "")
        String fairness) {
  static final Schema<SliceArguments> SCHEMA = Schema.of("evaluate", SliceArguments.class);

  /** Keys of what two models are compared by. */
  static final String[] OF_COMPARISONS = {"slices", "slice_bins"};

  private static final String SLICES = "evaluate.slices";
  private static final String FAIRNESS = "evaluate.fairness";

  /**
   * What is asked for.
   *
   * @throws UserException when a list has an empty name
   */
  SliceOptions options() {
    return new SliceOptions(
        names(SLICES, slices),
        names(FAIRNESS, fairness),
        sliceBins,
        worstSlices,
        worstBy,
        minSliceRows);
  }

  /** The columns that this takes. */
  KeptColumns columns() {
    return KeptColumns.NONE
        .and(SLICES, names(SLICES, slices))
        .and(FAIRNESS, names(FAIRNESS, fairness));
  }

  private static List<String> names(String key, String value) {
    String listed =
        value.startsWith("[") && value.endsWith("]")
            ? value.substring(1, value.length() - 1)
            : value;
    if (listed.isBlank()) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String name : Arrays.stream(listed.split(",", -1)).map(String::strip).toList()) {
      if (name.isEmpty()) {
        throw new UserException(
            "%s=%s is not allowed: expected names of columns, as [country,length]"
                .formatted(key, value));
      }
      if (names.stream().noneMatch(name::equalsIgnoreCase)) {
        names.add(name);
      }
    }
    return names;
  }
}
