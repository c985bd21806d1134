package org.sparkfinetune.report;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkfinetune.evaluate.ConfusionMatrix;
import org.sparkfinetune.evaluate.ConfusionMatrix.Cell;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.TextWidth;

/**
 * A confusion matrix as a heat map, and the pairs of classes that are confused most.
 *
 * <p>The shade of a cell is its share of the label's rows: right predictions in one color, wrong
 * ones in another. Where there are more classes than a picture can hold, those with the most wrong
 * rows are shown.
 */
final class ConfusionSection {
  /** Above it, cells have no room for counts. */
  private static final int COUNTED = 14;

  /** Above it, no picture can be read. */
  static final int SHOWN = 100;

  private static final int PAIRS = 15;
  private static final int NAME = 26;

  private final List<String> labels;
  private final ConfusionMatrix matrix;
  private final List<Integer> shown;
  private final int size;
  private final double margin;

  ConfusionSection(List<String> labels, ConfusionMatrix matrix) {
    this.labels = labels;
    this.matrix = matrix;
    List<Integer> occurring =
        IntStream.range(0, labels.size())
            .filter(c -> matrix.support(c) > 0 || matrix.predictions(c) > 0)
            .boxed()
            .toList();
    shown =
        occurring.size() <= SHOWN
            ? occurring
            : occurring.stream()
                .sorted(Comparator.comparingLong(this::wrong).reversed())
                .limit(SHOWN)
                .sorted()
                .toList();
    size = shown.size() <= 4 ? 64 : shown.size() <= COUNTED ? 46 : shown.size() <= 40 ? 18 : 12;
    int longest = shown.stream().mapToInt(c -> width(shortened(labels.get(c)))).max().orElse(0);
    margin = 16 + longest * (size > 12 ? 6.6 : 5.8);
  }

  void render(HtmlWriter out) {
    if (shown.isEmpty()) {
      out.element("p", "No row was tested.", "class", "note");
      return;
    }
    pairs(out);
    map(out);
  }

  /** Rows of a class that were predicted to be of another, and the other way round. */
  private long wrong(int c) {
    return matrix.support(c) + matrix.predictions(c) - 2 * matrix.count(c, c);
  }

  private void pairs(HtmlWriter out) {
    List<Cell> pairs = matrix.confusions();
    if (pairs.isEmpty()) {
      out.element("p", "No row was predicted wrongly.");
      return;
    }
    long wrong = pairs.stream().mapToLong(Cell::count).sum();
    out.element(
        "p",
        "%s of %s rows were predicted wrongly; these are the most frequent confusions."
            .formatted(NumberFormat.grouped(wrong), NumberFormat.grouped(matrix.total())));
    Table table =
        new Table("label", "predicted as", "rows", "share of the label's rows").numbers(2);
    for (Cell pair : pairs.subList(0, Math.min(PAIRS, pairs.size()))) {
      table.row(
          labels.get(pair.label()),
          labels.get(pair.predicted()),
          NumberFormat.grouped(pair.count()),
          percent(pair.count(), matrix.support(pair.label())));
    }
    table.render(out);
  }

  private void map(HtmlWriter out) {
    out.open("figure", "class", "heat");
    out.open("figcaption").element("b", "Rows by label and prediction");
    out.element(
        "span",
        (shown.size() < labels.size()
                ? "the %s of %s classes with the most wrong rows; "
                    .formatted(shown.size(), labels.size())
                : "")
            + "the stronger a color, the larger the share of the label's rows",
        "class",
        "quiet");
    out.open("ul", "class", "legend");
    key(out, "right", "right");
    key(out, "wrong", "wrong");
    out.close().close();
    double side = margin + shown.size() * size + 4;
    String pixels = Scale.px(side);
    out.open("div", "class", "scroll");
    out.open(
        "svg",
        "viewBox",
        "0 0 " + pixels + " " + pixels,
        "width",
        pixels,
        "height",
        pixels,
        "role",
        "img",
        "aria-label",
        "Confusion matrix",
        "class",
        size > 12 ? "axis" : "axis dense");
    axes(out);
    for (int row = 0; row < shown.size(); row++) {
      for (int column = 0; column < shown.size(); column++) {
        cell(out, row, column);
      }
    }
    out.close().close().close();
  }

  private static void key(HtmlWriter out, String kind, String text) {
    out.open("li").open("svg", "class", "key", "viewBox", "0 0 22 10", "aria-hidden", "true");
    out.empty("rect", "class", kind, "width", "22", "height", "10", "rx", "2");
    out.close().element("span", text).close();
  }

  private void axes(HtmlWriter out) {
    double end = margin + shown.size() * size;
    out.element("text", "label ↓  predicted →", "x", px(4), "y", px(12), "class", "name");
    out.open("g", "class", "grid");
    out.empty(
        "path",
        "d",
        "M%s %sH%sV%sH%sZ".formatted(px(margin), px(margin), px(end), px(end), px(margin)));
    out.close();
    for (int i = 0; i < shown.size(); i++) {
      String label = labels.get(shown.get(i));
      double middle = margin + (i + 0.5) * size;
      double baseline = middle + (size > 12 ? 4 : 3);
      out.open("text", "x", px(margin - 6), "y", px(baseline), "class", "end");
      out.text(shortened(label)).element("title", label).close();
      String turn = "translate(%s %s) rotate(-90)".formatted(px(baseline), px(margin - 6));
      out.open("text", "transform", turn).text(shortened(label)).element("title", label).close();
    }
  }

  private void cell(HtmlWriter out, int row, int column) {
    int label = shown.get(row);
    int predicted = shown.get(column);
    long count = matrix.count(label, predicted);
    if (count == 0) {
      return;
    }
    double share = count / (double) Math.max(1, matrix.support(label));
    // By the root: a few wrong rows of many are to be seen.
    double shade = label == predicted ? 0.15 + 0.85 * share : 0.2 + 0.8 * Math.sqrt(share);
    double x = margin + column * size;
    double y = margin + row * size;
    String kind = label == predicted ? "right" : "wrong";
    out.open(
        "rect",
        "class",
        kind,
        "x",
        px(x + 0.5),
        "y",
        px(y + 0.5),
        "width",
        px(size - 1),
        "height",
        px(size - 1),
        "fill-opacity",
        NumberFormat.fixed(shade, 2));
    out.element(
        "title",
        "%s → %s: %s of %s rows (%s)"
            .formatted(
                labels.get(label),
                labels.get(predicted),
                NumberFormat.grouped(count),
                NumberFormat.grouped(matrix.support(label)),
                percent(count, matrix.support(label))));
    out.close();
    if (shown.size() <= COUNTED) {
      out.element(
          "text",
          NumberFormat.grouped(count),
          "x",
          px(x + size / 2.0),
          "y",
          px(y + size / 2.0 + 4),
          "class",
          shade > 0.6 ? "middle count strong" : "middle count");
    }
  }

  private static String percent(long part, long whole) {
    return whole == 0 ? "-" : NumberFormat.fixed(100.0 * part / whole, 1) + " %";
  }

  private static String px(double pixels) {
    return Scale.px(pixels);
  }

  private static String shortened(String label) {
    return TextWidth.shortened(label, NAME);
  }

  private static int width(String label) {
    return TextWidth.width(label);
  }
}
