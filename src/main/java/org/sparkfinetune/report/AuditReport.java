package org.sparkfinetune.report;

import java.util.Comparator;
import java.util.List;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;

/** The report of an audit. */
public final class AuditReport {
  private static final int OVERLAPS = 30;

  private final AuditFigures figures;

  private AuditReport(AuditFigures figures) {
    this.figures = figures;
  }

  /** An HTML file. */
  public static String html(AuditFigures figures) {
    return HtmlPage.html("Audit", new AuditReport(figures)::write);
  }

  private void write(HtmlWriter out) {
    out.open("header").element("h1", "Audit").close();
    tiles(out);
    out.element(
        "p",
        "Each row was predicted by one of %s models, the one that was trained without it. Label issues are found by %s, and quality is %s, as cleanlab defines them."
            .formatted(figures.folds(), figures.filter(), figures.score()),
        "class",
        "note");
    section(out, "Worst rows", worst(), "No label is called an issue.");
    section(
        out,
        "Rows least like any label",
        outliers(),
        "Rows with sets of labels have no outlier score.");
    section(out, "Overlapping labels", overlapping(), "No two labels overlap.");
    section(out, "Labels taken for others", overlaps(), "No label is taken for another one.");
    HtmlPage.section(out, "Labels", classes()::render);
    HtmlPage.section(out, "Duplicates", duplicates()::render);
    out.element("footer", "Written by spark-finetune.");
  }

  private void tiles(HtmlWriter out) {
    out.open("ul", "class", "tiles");
    tile(out, "rows", NumberFormat.grouped(figures.rows()), "");
    tile(
        out,
        "label issues",
        NumberFormat.grouped(figures.issues()),
        share(figures.rows() == 0 ? 0 : (double) figures.issues() / figures.rows()));
    tile(out, "estimated label noise", share(figures.noise()), "");
    tile(out, "accuracy on unseen rows", NumberFormat.metric(figures.accuracy()), "");
    tile(out, "outliers", NumberFormat.grouped(figures.outliers()), "");
    AuditFigures.Duplicates duplicates = figures.duplicates();
    tile(
        out,
        "rows of repeated texts",
        NumberFormat.grouped(duplicates.exactRows()),
        "nearly: " + NumberFormat.grouped(duplicates.nearRows()));
    out.close();
  }

  private static void tile(HtmlWriter out, String name, String value, String beside) {
    out.open("li").element("span", name, "class", "quiet").element("b", value);
    if (!beside.isEmpty()) {
      out.element("span", beside, "class", "quiet");
    }
    out.close();
  }

  private static void section(HtmlWriter out, String heading, Table table, String none) {
    HtmlPage.section(
        out,
        heading,
        inner -> {
          if (table.isEmpty()) {
            inner.element("p", none, "class", "note");
          } else {
            table.render(inner);
          }
        });
  }

  private Table worst() {
    Table table = new Table("text", "label", "suggested", "quality").numbers(3);
    for (AuditFigures.Worst row : figures.worst()) {
      table.row(row.text(), row.given(), row.suggested(), NumberFormat.metric(row.quality()));
    }
    return table;
  }

  private Table outliers() {
    Table table = new Table("text", "label", "outlier score").numbers(2);
    for (AuditFigures.Outlier row : figures.farthest()) {
      table.row(row.text(), row.label(), NumberFormat.metric(row.score()));
    }
    return table;
  }

  private Table overlapping() {
    Table table = new Table("label", "and", "rows", "of all rows").numbers(2);
    for (AuditFigures.Pair pair : figures.overlapping().stream().limit(OVERLAPS).toList()) {
      // Some rows of ten thousand.
      String share = NumberFormat.fixed(100 * pair.share(), 2) + " %";
      table.row(pair.one(), pair.other(), NumberFormat.grouped(pair.rows()), share);
    }
    return table;
  }

  private Table overlaps() {
    Table table = new Table("label", "taken for", "rows").numbers(2);
    long most = figures.overlaps().stream().mapToLong(AuditFigures.Overlap::rows).max().orElse(1);
    figures.overlaps().stream()
        .limit(OVERLAPS)
        .forEach(
            pair ->
                table.row(
                    List.of(
                        Cell.of(pair.given()),
                        Cell.of(pair.suggested()),
                        Cell.bar(NumberFormat.grouped(pair.rows()), (double) pair.rows() / most))));
    return table;
  }

  private Table classes() {
    Table table =
        new Table("label", "rows", "issues", "estimated noise", "mean quality", "prior").numbers(1);
    figures.classes().stream()
        .sorted(Comparator.comparingDouble(AuditFigures.OfClass::noise).reversed())
        .forEach(
            c ->
                table.row(
                    c.label(),
                    NumberFormat.grouped(c.rows()),
                    NumberFormat.grouped(c.issues()),
                    share(c.noise()),
                    c.rows() == 0 ? "" : NumberFormat.metric(c.quality()),
                    share(c.prior())));
    return table;
  }

  private Table duplicates() {
    AuditFigures.Duplicates duplicates = figures.duplicates();
    Table table = new Table("", "groups", "rows").numbers(1);
    table.row(
        "equal but for case and white space",
        NumberFormat.grouped(duplicates.exactGroups()),
        NumberFormat.grouped(duplicates.exactRows()));
    table.row(
        "nearly equal",
        NumberFormat.grouped(duplicates.nearGroups()),
        NumberFormat.grouped(duplicates.nearRows()));
    table.row(
        "of these with different labels", NumberFormat.grouped(duplicates.conflictGroups()), "");
    for (AuditFigures.Leak leak : duplicates.leaked()) {
      table.row(
          leak.set() + " rows that are among the audited ones, equal",
          "",
          NumberFormat.grouped(leak.exact()));
      table.row(
          leak.set() + " rows that are among the audited ones, nearly",
          "",
          NumberFormat.grouped(leak.near()));
    }
    return table;
  }

  private static String share(double share) {
    return NumberFormat.fixed(100 * share, 1) + " %";
  }
}
