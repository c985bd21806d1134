package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sparkfinetune.text.NumberFormat;

/** A table of HTML: text in its first columns, numbers in those behind. */
final class Table {
  private static final int LONG = 300;
  private static final int SHORT = 32;

  /**
   * What a cell holds.
   *
   * @param kind a class of report.css; empty for none
   * @param bar the length of a bar behind the text, as a share of the cell; NaN for none
   * @param link where the text leads; empty for nowhere
   */
  record Cell(String text, String kind, double bar, String link) {
    /** Without a link. */
    Cell(String text, String kind, double bar) {
      this(text, kind, bar, "");
    }

    /** Text alone. */
    static Cell of(String text) {
      return new Cell(text, "", Double.NaN);
    }

    /** Text with a bar behind it. */
    static Cell bar(String text, double share) {
      return new Cell(text, "", share);
    }
  }

  private final String[] head;
  private final List<List<Cell>> rows = new ArrayList<>();
  private int numbersFrom = Integer.MAX_VALUE;
  private int numbersTo = Integer.MAX_VALUE;

  /**
   * @param head the columns' names; none for a table of names and values
   */
  Table(String... head) {
    this.head = head;
  }

  /** Puts the columns from an index on to the right. */
  Table numbers(int from) {
    numbersFrom = from;
    return this;
  }

  /** Puts the columns from an index on, up to another, to the right. */
  Table numbers(int from, int to) {
    numbersTo = to;
    return numbers(from);
  }

  /** Adds a row. */
  Table row(String... cells) {
    return row(Arrays.stream(cells).map(Cell::of).toList());
  }

  /** Adds a row. */
  Table row(List<Cell> cells) {
    rows.add(List.copyOf(cells));
    return this;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  void render(HtmlWriter out) {
    out.open("div", "class", "scroll").open("table");
    if (head.length > 0) {
      out.open("thead").open("tr");
      for (int i = 0; i < head.length; i++) {
        out.open("th", "scope", "col", "class", side(i)).element("bdi", head[i]).close();
      }
      out.close().close();
    }
    out.open("tbody");
    for (List<Cell> row : rows) {
      out.open("tr");
      for (int i = 0; i < row.size(); i++) {
        cell(out, row.get(i), i);
      }
      out.close();
    }
    out.close().close().close();
  }

  private void cell(HtmlWriter out, Cell cell, int column) {
    // What is short is not broken in the middle of a word, however narrow the page.
    String width = cell.text().length() <= SHORT ? "short" : "";
    String kind = String.join(" ", side(column), cell.kind(), width).strip();
    if (column == 0) {
      out.open("th", "scope", "row", "class", kind);
    } else if (Double.isFinite(cell.bar())) {
      out.open(
          "td", "class", kind + " bar", "style", "--share:" + NumberFormat.fixed(cell.bar(), 3));
    } else {
      out.open("td", "class", kind);
    }
    if (cell.text().length() > LONG) {
      out.element("div", cell.text(), "class", "long", "dir", "auto");
    } else if (SafeLinks.isSafe(cell.link())) {
      out.open("bdi").element("a", cell.text(), "href", cell.link()).close();
    } else {
      out.element("bdi", cell.text());
    }
    out.close();
  }

  private String side(int column) {
    return column >= numbersFrom && column < numbersTo ? "n" : "";
  }
}
