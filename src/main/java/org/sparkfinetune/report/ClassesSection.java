package org.sparkfinetune.report;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkfinetune.evaluate.Scores;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;

/** Precision, recall and F1 by class; of many classes the weakest first, and all of them below. */
final class ClassesSection {
  private static final int MANY = 20;
  private static final int WEAKEST = 12;
  private static final int DIGITS = 4;

  private final ClassResults results;

  ClassesSection(ClassResults results) {
    this.results = results;
  }

  void render(HtmlWriter out) {
    List<Integer> all = IntStream.range(0, results.labels().size()).boxed().toList();
    if (all.size() <= MANY) {
      table(all, true).render(out);
      return;
    }
    List<Integer> weakestFirst =
        all.stream()
            .filter(c -> results.scores().get(c).support() > 0)
            .sorted(
                Comparator.comparingDouble((Integer c) -> results.scores().get(c).f1())
                    .thenComparing(c -> -results.scores().get(c).support()))
            .toList();
    int shown = Math.min(WEAKEST, weakestFirst.size());
    out.element("p", "The %s of %s classes with the lowest F1.".formatted(shown, all.size()));
    table(weakestFirst.subList(0, shown), true).render(out);
    out.open("details").element("summary", "All %s classes".formatted(all.size()));
    table(all, false).render(out);
    out.close();
  }

  private Table table(List<Integer> classes, boolean averages) {
    Table table = new Table("class", "precision", "recall", "F1", "rows").numbers(1);
    classes.forEach(c -> row(table, results.labels().get(c), results.scores().get(c), ""));
    if (averages) {
      results
          .averages()
          .forEach((name, scores) -> row(table, name + " average", scores, "average"));
    }
    return table;
  }

  private static void row(Table table, String name, Scores scores, String kind) {
    table.row(
        List.of(
            new Cell(name, kind, Double.NaN),
            new Cell(NumberFormat.fixed(scores.precision(), DIGITS), kind, scores.precision()),
            new Cell(NumberFormat.fixed(scores.recall(), DIGITS), kind, scores.recall()),
            new Cell(NumberFormat.fixed(scores.f1(), DIGITS), kind, scores.f1()),
            new Cell(NumberFormat.grouped(scores.support()), kind, Double.NaN)));
  }
}
