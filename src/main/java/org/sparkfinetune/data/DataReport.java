package org.sparkfinetune.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.OneLine;

/**
 * What was read, kept and rejected, by split.
 *
 * @param splits in the order train, validation, test; those that are neither given nor held out are
 *     left out
 * @param notes how the sources were read where they leave a choice, a sentence each
 * @param warnings what does not stop a training but should be known, a sentence each
 */
public record DataReport(List<SplitReport> splits, List<String> notes, List<String> warnings) {
  private static final int CLASSES_LISTED = 8;
  private static final int SMALLEST_LISTED = 3;
  private static final int NAME_WIDTH = 32;

  /**
   * One split.
   *
   * @param split {@code train}, {@code validation} or {@code test}
   * @param source the location it was read from; empty when it was held out of the training rows
   * @param rowsRead rows of that location; for train those held out of it are among them
   * @param rejected rejected rows, by reason; reasons without rows are left out
   * @param kept rows that are used
   * @param classes rows kept, by label, in the order of the label index; 0 for a class without
   *     rows. A row of multi-label data counts for each of its labels
   */
  public record SplitReport(
      String split,
      Optional<String> source,
      long rowsRead,
      Map<RejectReason, Long> rejected,
      long kept,
      Map<String, Long> classes) {
    /** Copies the maps, in their order. */
    public SplitReport {
      rejected = Collections.unmodifiableMap(rejected);
      classes = Collections.unmodifiableMap(classes);
    }

    /** Rows that are not used, whatever the reason. */
    public long rowsRejected() {
      return rejected.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Keeps copies. */
  public DataReport {
    splits = List.copyOf(splits);
    notes = List.copyOf(notes);
    warnings = List.copyOf(warnings);
  }

  /** The same with warnings of the reading before the others. */
  DataReport with(List<String> ofReading) {
    List<String> all = new ArrayList<>(ofReading);
    all.addAll(warnings);
    return new DataReport(splits, notes, all);
  }

  /** The report of a split by its name; empty when it is neither given nor held out. */
  public Optional<SplitReport> split(String name) {
    return splits.stream().filter(report -> report.split().equals(name)).findFirst();
  }

  /** The report as a short table for a terminal, without a line break at its end. */
  public String render() {
    List<String> lines = new ArrayList<>(table(splitRows()));
    for (SplitReport split : splits) {
      if (split.rowsRejected() > 0) {
        lines.add("rejected of " + split.split() + ": " + RejectReason.inWords(split.rejected()));
      }
    }
    int classes = splits.get(0).classes().size();
    if (classes <= CLASSES_LISTED) {
      lines.addAll(table(classRows()));
    } else {
      splits.stream().filter(split -> split.kept() > 0).map(this::summary).forEach(lines::add);
    }
    notes.forEach(note -> lines.add("note: " + note));
    warnings.forEach(warning -> lines.add("warning: " + warning));
    return String.join("\n", lines);
  }

  @Override
  public String toString() {
    return render();
  }

  private List<List<String>> splitRows() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("split", "read", "rejected", "kept", "source"));
    for (SplitReport split : splits) {
      boolean given = split.source().isPresent();
      rows.add(
          List.of(
              split.split(),
              given ? NumberFormat.thousands(split.rowsRead()) : "-",
              given ? NumberFormat.thousands(split.rowsRejected()) : "-",
              NumberFormat.thousands(split.kept()),
              split.source().orElse("held out of train")));
    }
    return rows;
  }

  private List<List<String>> classRows() {
    List<List<String>> rows = new ArrayList<>();
    List<String> header = new ArrayList<>(List.of("class"));
    splits.forEach(split -> header.add(split.split()));
    rows.add(header);
    for (String label : splits.get(0).classes().keySet()) {
      List<String> row = new ArrayList<>(List.of(shortened(label)));
      splits.forEach(split -> row.add(NumberFormat.thousands(split.classes().get(label))));
      rows.add(row);
    }
    return rows;
  }

  private String summary(SplitReport split) {
    List<Map.Entry<String, Long>> ascending =
        split.classes().entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
            .toList();
    int size = ascending.size();
    return "%s: %s classes, rows a class: min %s, median %s, max %s; smallest: %s"
        .formatted(
            split.split(),
            NumberFormat.thousands(size),
            NumberFormat.thousands(ascending.get(0).getValue()),
            NumberFormat.thousands(ascending.get(size / 2).getValue()),
            NumberFormat.thousands(ascending.get(size - 1).getValue()),
            ascending.stream()
                .limit(SMALLEST_LISTED)
                .map(
                    entry ->
                        shortened(entry.getKey()) + " " + NumberFormat.thousands(entry.getValue()))
                .collect(Collectors.joining(", ")));
  }

  /** Aligns columns: numbers to the right, the first and any column of words to the left. */
  private static List<String> table(List<List<String>> rows) {
    int columns = rows.get(0).size();
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        int index = column;
        boolean words = column == 0 || rows.get(0).get(column).equals("source");
        int width = rows.stream().mapToInt(cells -> cells.get(index).length()).max().orElse(1);
        line.append(("%" + (words ? "-" : "") + width + "s").formatted(row.get(column)))
            .append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String shortened(String label) {
    String line = OneLine.of(label);
    return line.length() <= NAME_WIDTH ? line : line.substring(0, NAME_WIDTH - 3) + "...";
  }
}
