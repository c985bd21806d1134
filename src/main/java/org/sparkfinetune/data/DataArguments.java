package org.sparkfinetune.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;

/** Which rows to read, and how to split them. */
public record DataArguments(
    @Key(
            doc =
                "Training rows: a file, folder or glob on any Hadoop file system, the name of a"
                    + " table, or hf://datasets/ORG/NAME of the Hugging Face hub, with"
                    + " @REVISION, /CONFIG and /SPLIT behind it where they are not the only ones"
                    + " (the split that is not named is the one of the key).",
            defaultValue = "")
        String train,
    @Key(
            doc =
                "Validation rows, which pick the best epoch. When not set, validation_split of the"
                    + " training rows are held out.",
            defaultValue = "")
        String validation,
    @Key(
            doc =
                "Test rows, for the final figures. When not set, test_split of the training rows"
                    + " are held out.",
            defaultValue = "")
        String test,
    @Key(doc = "Rows to predict; only their text column is needed.", defaultValue = "")
        String input,
    DataFormat dataFormat,
    @Key(doc = "The column that holds the text.", defaultValue = "text") String textColumn,
    @Key(
            doc =
                "The column that holds the second text of a pair, as for questions with answers or"
                    + " premises with hypotheses. When not set, rows are single texts.",
            defaultValue = "")
        String textPairColumn,
    @Key(
            doc =
                "The column that holds the label: a string, number, boolean or date; for"
                    + " multi-label the labels, an array of them, or a string with a separator or a"
                    + " list in it.",
            defaultValue = "label")
        String labelColumn,
    @Key(
            doc =
                "Multi-label: what stands between two labels of a string, as in a|b. An empty"
                    + " string is the empty set; a null, which CSV has none of, is a missing"
                    + " label.",
            defaultValue = "|")
        String labelSeparator,
    @Key(
            doc =
                "The column that holds the weight of each training row, a number that is not"
                    + " negative: what the row's loss is multiplied by, as Spark ML's weightCol. A"
                    + " step's loss is sum(weight * loss) / sum(weight); 0 leaves a row out of it."
                    + " When not set, all rows count alike.",
            defaultValue = "")
        String weightColumn,
    @Key(
            doc =
                "Share of each class's training rows held out for validation when"
                    + " validation is not set; 0 holds none out.",
            defaultValue = "0.1",
            min = 0,
            max = 0.9)
        double validationSplit,
    @Key(
            doc =
                "Share of each class's training rows held out for the test when test is not set; 0"
                    + " holds none out.",
            defaultValue = "0.1",
            min = 0,
            max = 0.9)
        double testSplit,
    @Key(doc = "Seed of which rows are held out.", defaultValue = "42") long seed,
    @Key(
            doc =
                "Whether training rows whose column label_issue is true are left out: those of the"
                    + " rows that audit has written, data.train=OUT/issues, whose label is probably"
                    + " wrong.",
            defaultValue = "false")
        boolean dropIssues) {
  /** The settings, as of section {@code data}. */
  public static final Schema<DataArguments> SCHEMA = Schema.of("data", DataArguments.class);

  /**
   * Checks what no single key can.
   *
   * @throws UserException when the two shares would leave no training rows, or the separator of
   *     labels is empty
   */
  public DataArguments {
    if (heldOut(validation, validationSplit) + heldOut(test, testSplit) >= 1) {
      throw new UserException(
          "data.validation_split=%s and data.test_split=%s leave no training rows: "
                  .formatted(validationSplit, testSplit)
              + "expected a sum below 1");
    }
    if (labelSeparator.isEmpty()) {
      throw new UserException(
          "data.label_separator is empty: expected what stands between two labels, such as | or ;"
              + " (not white space)");
    }
  }

  /** The names of the settings of how rows are stored, in section {@code data}. */
  public static String[] formatSettings() {
    return Schema.of("data", DataFormat.class).settings().stream()
        .map(Setting::name)
        .toArray(String[]::new);
  }

  /**
   * The keys of labeled rows that are read from one place.
   *
   * @param location the key of that place, as {@code test}
   */
  public static SettingKeys labeledRows(String location) {
    return texts(location).and(SCHEMA, "label_column", "label_separator");
  }

  /** The keys of rows that are read from one place, of which the texts alone are needed. */
  public static SettingKeys texts(String location) {
    return SettingKeys.of(SCHEMA, location)
        .and(SCHEMA, formatSettings())
        .and(SCHEMA, "text_column", "text_pair_column");
  }

  /** The setting {@code data.format}. */
  public String format() {
    return dataFormat.format();
  }

  /** The share of the training rows to hold out for validation: 0 when a set is given. */
  double validationShare() {
    return heldOut(validation, validationSplit);
  }

  /** The share of the training rows to hold out for the test: 0 when a set is given. */
  double testShare() {
    return heldOut(test, testSplit);
  }

  /** These, but no training rows are held out. */
  DataArguments holdingOutNone() {
    Map<String, Object> values = SCHEMA.values(this);
    values.put("validation_split", 0.0);
    values.put("test_split", 0.0);
    return SCHEMA.create(values);
  }

  /** The column of second texts; empty when rows are single texts. */
  public Optional<String> textPair() {
    return textPairColumn.isEmpty() ? Optional.empty() : Optional.of(textPairColumn);
  }

  /** The column of the training rows' weights; empty when all rows count alike. */
  public Optional<String> weight() {
    return weightColumn.isEmpty() ? Optional.empty() : Optional.of(weightColumn);
  }

  /** The columns of labeled rows that are used. */
  ColumnNeeds labeledColumns() {
    List<String> columns = new ArrayList<>(List.of(textColumn, labelColumn));
    textPair().ifPresent(columns::add);
    weight().ifPresent(columns::add);
    if (dropIssues) {
      columns.add(ExampleColumns.LABEL_ISSUE);
    }
    return new ColumnNeeds(false, columns);
  }

  private static double heldOut(String location, double share) {
    return location.isEmpty() ? share : 0;
  }
}
