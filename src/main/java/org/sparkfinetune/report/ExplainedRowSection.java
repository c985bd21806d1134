package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.text.NumberFormat;

/** A text with its words coloured. */
final class ExplainedRowSection {
  private static final int LEVELS = 4;
  private static final int DIGITS = 3;
  private static final double SMALL = 5e-4;

  private ExplainedRowSection() {}

  /** What the colours mean. */
  static void legend(HtmlWriter out) {
    out.open("p", "class", "attribution-legend").text("against ");
    for (int level = -LEVELS; level <= LEVELS; level++) {
      out.inline("span", level == 0 ? "0" : "\u00a0", "class", "w " + name(level));
    }
    out.text(" for the label \u2003");
    out.inline("span", "not seen", "class", "w unseen");
    out.text(" behind the longest text that the model reads");
    out.close();
  }

  /**
   * A row.
   *
   * @param labels the labels by their numbers among the page's filters
   */
  static void write(HtmlWriter out, ExplainedRow row, List<String> labels) {
    List<String> numbers = new ArrayList<>();
    for (String label : List.of(row.prediction(), row.label())) {
      if (labels.contains(label)) {
        numbers.add(Integer.toString(labels.indexOf(label)));
      }
    }
    String right = row.right().map(is -> is ? "right" : "wrong").orElse("");
    out.open("article", "data-labels", String.join(" ", numbers), "data-right", right);
    out.open("p", "class", "said");
    if (!right.isEmpty()) {
      out.element("span", right, "class", "verdict " + right);
    }
    said(out, "says", row.prediction().isEmpty() ? "no label" : row.prediction());
    if (!row.label().isEmpty() && !right.equals("right")) {
      said(out, "label", row.label());
    }
    if (!row.explained().isEmpty() && !row.explained().equals(row.prediction())) {
      said(out, "explained", row.explained());
    }
    out.close();
    double largest =
        row.words().stream().mapToDouble(word -> Math.abs(word.score().orElse(0))).max().orElse(0);
    for (int i = 0; i < row.texts().size(); i++) {
      text(out, row, i, largest);
    }
    out.open("p", "class", "quiet sums");
    out.text("special tokens " + signed(row.special()));
    row.delta()
        .ifPresent(delta -> out.text(", sum missed by " + NumberFormat.scientific(delta, 1)));
    out.close();
    row.counterfactual().ifPresent(found -> counterfactual(out, found));
    if (!row.neighbors().isEmpty()) {
      neighbors(out, row);
    }
    out.close();
  }

  private static void counterfactual(HtmlWriter out, ExplainedRow.Counterfactual found) {
    boolean replaced = !found.replacements().isEmpty();
    out.open("p", "class", "counterfactual").text(replaced ? "With " : "Without ");
    for (int i = 0; i < found.words().size(); i++) {
      out.text(i == 0 ? "" : ", ");
      if (replaced) {
        out.inline("b", found.replacements().get(i), "dir", "auto").text(" for ");
      }
      out.inline("b", found.words().get(i), "dir", "auto");
    }
    out.text(" the model says ");
    out.inline("b", found.prediction().isEmpty() ? "no label" : found.prediction());
    out.text(".").close();
  }

  /** The nearest training rows; those of another label than was predicted are marked. */
  private static void neighbors(HtmlWriter out, ExplainedRow row) {
    long others =
        row.neighbors().stream().filter(near -> !near.label().equals(row.prediction())).count();
    int all = row.neighbors().size();
    out.open("details", "class", "neighbors");
    out.open("summary").text(all == 1 ? "Nearest training row" : all + " nearest training rows");
    if (others > 0) {
      out.text(", ").inline("span", others + " of another label", "class", "verdict wrong");
    }
    out.close();
    if (others > 0) {
      out.element(
          "p",
          "Marked: another label than the answer. A wrong label here would explain a wrong answer.",
          "class",
          "quiet");
    }
    Table table =
        new Table("text", "label", "the model says", "similarity", "influence").numbers(3);
    for (ExplainedRow.Neighbor near : row.neighbors()) {
      boolean other = !near.label().equals(row.prediction());
      table.row(
          List.of(
              Table.Cell.of(String.join(" \u2016 ", near.texts())),
              new Table.Cell(near.label(), other ? "verdict wrong" : "", Double.NaN),
              Table.Cell.of(near.prediction()),
              Table.Cell.of(NumberFormat.fixed(near.similarity(), 4)),
              Table.Cell.of(influence(near))));
    }
    table.render(out);
    out.close();
  }

  private static String influence(ExplainedRow.Neighbor near) {
    if (near.influence().isEmpty()) {
      return "";
    }
    double influence = near.influence().getAsDouble();
    return (influence > 0 ? "+" : "") + NumberFormat.scientific(influence, 2);
  }

  private static void said(HtmlWriter out, String what, String label) {
    out.open("span").inline("span", what + " ", "class", "quiet").inline("bdi", label).close();
  }

  private static void text(HtmlWriter out, ExplainedRow row, int index, double largest) {
    String text = row.texts().get(index);
    out.open("p", "class", "text", "dir", "auto");
    int at = 0;
    for (ExplainedRow.Word word : row.words()) {
      if (word.text() == index) {
        int begin = text.offsetByCodePoints(0, word.begin());
        int end = text.offsetByCodePoints(begin, word.end() - word.begin());
        out.text(text.substring(at, begin));
        word(out, text.substring(begin, end), word, largest);
        at = end;
      }
    }
    out.text(text.substring(at)).close();
  }

  private static void word(HtmlWriter out, String text, ExplainedRow.Word word, double largest) {
    if (word.score().isEmpty()) {
      out.inline("span", text, "class", "w unseen", "title", "not seen by the model");
      return;
    }
    double score = word.score().getAsDouble();
    String shown = signed(score);
    int level = level(score, largest);
    out.inline("span", text, "class", "w " + name(level), "title", shown, "data-score", shown);
  }

  /** From -4 to 4. */
  static int level(double score, double largest) {
    return largest == 0 ? 0 : (int) Math.round(LEVELS * score / largest);
  }

  private static String name(int level) {
    return level == 0 ? "a0" : (level > 0 ? "for" : "against") + Math.abs(level);
  }

  /** A score with its sign; a small one is not shown as none. */
  static String signed(double score) {
    boolean small = score != 0 && Math.abs(score) < SMALL;
    return (score > 0 ? "+" : "")
        + (small ? NumberFormat.scientific(score, 2) : NumberFormat.fixed(score, DIGITS));
  }
}
