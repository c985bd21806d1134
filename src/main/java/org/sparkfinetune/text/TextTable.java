package org.sparkfinetune.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A table for the terminal: of its columns those that fit, the most important first; texts that are
 * too wide lose their middle.
 */
public final class TextTable {
  private static final String GAP = "  ";

  /**
   * A column.
   *
   * @param rank the smaller, the sooner it is shown; 0 is shown in any case
   * @param least how far it may be narrowed
   * @param most how wide it gets
   * @param right whether its texts are put to the right, as numbers are
   */
  public record Column(String head, int rank, int least, int most, boolean right) {
    /** Text that may be shortened. */
    public static Column text(String head, int rank, int least, int most) {
      return new Column(head, rank, least, most, false);
    }

    /** Numbers and other short things, which are never shortened. */
    public static Column number(String head, int rank) {
      return new Column(head, rank, Integer.MAX_VALUE, Integer.MAX_VALUE, true);
    }
  }

  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();
  private final String indent;

  public TextTable(List<Column> columns) {
    this(columns, 0);
  }

  /**
   * @param indent columns to leave free before each line
   */
  public TextTable(List<Column> columns, int indent) {
    this.columns = List.copyOf(columns);
    this.indent = " ".repeat(indent);
  }

  /** Adds a row, a text a column. */
  public void row(List<String> cells) {
    rows.add(cells.stream().map(OneLine::of).toList());
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * The table.
   *
   * @param width the terminal's; without one every column is shown in full
   */
  public String render(OptionalInt width) {
    int[] widths = widths(width);
    StringBuilder out = new StringBuilder();
    List<String> heads = columns.stream().map(Column::head).toList();
    if (!String.join("", heads).isEmpty()) {
      line(out, widths, heads);
    }
    rows.forEach(row -> line(out, widths, row));
    return out.toString();
  }

  /** The names of the columns that do not fit. */
  public List<String> hidden(OptionalInt width) {
    int[] widths = widths(width);
    return IntStream.range(0, widths.length)
        .filter(i -> widths[i] == 0)
        .mapToObj(i -> columns.get(i).head())
        .toList();
  }

  /** Of each column; 0 for those that do not fit. */
  private int[] widths(OptionalInt width) {
    int[] natural = IntStream.range(0, columns.size()).map(this::natural).toArray();
    if (width.isEmpty()) {
      return natural;
    }
    int[] widths = new int[natural.length];
    int left = width.getAsInt() - indent.length() + GAP.length();
    List<Integer> byRank =
        IntStream.range(0, natural.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> columns.get(i).rank()))
            .toList();
    for (int i : byRank) {
      int needed = Math.min(natural[i], columns.get(i).least());
      if (needed + GAP.length() <= left || columns.get(i).rank() == 0) {
        widths[i] = needed;
        left -= needed + GAP.length();
      }
    }
    for (int i : byRank) {
      int more = Math.min(natural[i], columns.get(i).most()) - widths[i];
      if (widths[i] > 0 && more > 0 && left > 0) {
        widths[i] += Math.min(more, left);
        left -= Math.min(more, left);
      }
    }
    return widths;
  }

  private int natural(int column) {
    int widest = TextWidth.width(columns.get(column).head());
    for (List<String> row : rows) {
      widest = Math.max(widest, TextWidth.width(row.get(column)));
    }
    return widest;
  }

  private void line(StringBuilder out, int[] widths, List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      if (widths[i] > 0) {
        String text = TextWidth.shortened(cells.get(i), widths[i]);
        String padding = " ".repeat(widths[i] - TextWidth.width(text));
        line.append(line.length() == 0 ? "" : GAP);
        line.append(columns.get(i).right() ? padding + text : text + padding);
      }
    }
    out.append((indent + line).stripTrailing()).append('\n');
  }
}
