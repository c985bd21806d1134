package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;

/** The model as a whole: the words of each label, spurious ones, and those behind confusions. */
final class WordsSection {
  private static final int SHOWN_CLASSES = 12;
  private static final int SHOWN_SPURIOUS = 50;
  private static final String NONE = "-";

  private WordsSection() {}

  /** The words of each label. */
  static void byLabel(HtmlWriter out, List<ClassWord> words) {
    out.element(
        "p",
        "The words with the largest mean attribution for a label, over the rows whose answer it is,"
            + " and those most against it. Score: the mean over all occurrences. Flipped: the share"
            + " of these rows in which another label is predicted where the word is removed;"
            + " probability: what the label's gains then, on average.");
    Map<String, Table> tables = new LinkedHashMap<>();
    Map<String, Double> largest = new LinkedHashMap<>();
    words.forEach(word -> largest.merge(word.label(), Math.abs(word.score()), Math::max));
    for (ClassWord word : words) {
      List<Cell> cells =
          new ArrayList<>(
              List.of(
                  Cell.of(word.word()),
                  bar(word.score(), largest.get(word.label())),
                  Cell.of(NumberFormat.grouped(word.occurrences())),
                  Cell.of(NumberFormat.grouped(word.rows()))));
      cells.addAll(removal(word.removal()));
      tables
          .computeIfAbsent(
              word.label(),
              label ->
                  new Table("word", "score", "occurrences", "rows", "flipped", "probability")
                      .numbers(1))
          .row(cells);
    }
    folded(out, tables);
  }

  /** Words that speak for a label in the model, and not in the labels of the rows. */
  static void spurious(HtmlWriter out, List<ClassWord> words) {
    out.element(
        "p",
        "Words that are among those with the largest mean attribution for a label, though of the"
            + " labeled rows that hold them no larger share has the label than of all labeled rows."
            + " In brackets the exact 95\u00a0% interval of that share: where it reaches far above the"
            + " share of all rows, the rows are too few to tell.");
    List<ClassWord> found =
        words.stream()
            .filter(word -> word.share().filter(ClassWord.LabelShare::spurious).isPresent())
            .sorted(Comparator.comparingDouble(ClassWord::score).reversed())
            .toList();
    if (found.isEmpty()) {
      out.element("p", "There is none.", "class", "note");
      return;
    }
    double largest = found.get(0).score();
    Table table =
        new Table(
                "label",
                "word",
                "score",
                "labeled rows",
                "have the label",
                "of all rows",
                "flipped",
                "probability")
            .numbers(2);
    for (ClassWord word : found.subList(0, Math.min(found.size(), SHOWN_SPURIOUS))) {
      ClassWord.LabelShare share = word.share().orElseThrow();
      List<Cell> cells =
          new ArrayList<>(
              List.of(
                  Cell.of(word.label()),
                  Cell.of(word.word()),
                  bar(word.score(), largest),
                  Cell.of(NumberFormat.grouped(share.rows())),
                  Cell.of(
                      "%s [%s, %s]"
                          .formatted(
                              percent(share.share()), percent(share.low()), percent(share.high()))),
                  Cell.of(percent(share.base()))));
      cells.addAll(removal(word.removal()));
      table.row(cells);
    }
    table.render(out);
    if (found.size() > SHOWN_SPURIOUS) {
      out.element(
          "p",
          "%s of %s: all are in words."
              .formatted(SHOWN_SPURIOUS, NumberFormat.grouped(found.size())),
          "class",
          "note");
    }
  }

  /** The words that wrong predictions come from. */
  static void confusions(HtmlWriter out, List<ConfusionWord> words) {
    out.element(
        "p",
        "Of rows that are wrongly predicted, the words with the largest attribution to the wrong"
            + " label. Score: the sum over these rows. Flipped and probability: as above, where the"
            + " word is removed from these rows.");
    Map<String, Table> tables = new LinkedHashMap<>();
    Map<String, Double> largest = new LinkedHashMap<>();
    words.forEach(word -> largest.merge(title(word), word.attribution(), Math::max));
    for (ConfusionWord word : words) {
      List<Cell> cells =
          new ArrayList<>(
              List.of(
                  Cell.of(word.word()),
                  bar(word.attribution(), largest.get(title(word))),
                  Cell.of(NumberFormat.grouped(word.occurrences())),
                  Cell.of(NumberFormat.grouped(word.rows()))));
      cells.addAll(removal(word.removal()));
      tables
          .computeIfAbsent(
              title(word),
              label ->
                  new Table("word", "score", "occurrences", "rows", "flipped", "probability")
                      .numbers(1))
          .row(cells);
    }
    folded(out, tables);
  }

  private static String title(ConfusionWord word) {
    return "%s, predicted %s: %s %s"
        .formatted(
            word.label().isEmpty() ? "no label" : word.label(),
            word.prediction(),
            NumberFormat.grouped(word.confused()),
            word.confused() == 1 ? "row" : "rows");
  }

  /** Of many tables most stay folded. */
  private static void folded(HtmlWriter out, Map<String, Table> tables) {
    int written = 0;
    for (Map.Entry<String, Table> table : tables.entrySet()) {
      String[] open = written++ < SHOWN_CLASSES ? new String[] {"open", "open"} : new String[0];
      out.open("details", open).open("summary").element("bdi", table.getKey()).close();
      table.getValue().render(out);
      out.close();
    }
  }

  private static Cell bar(double score, double largest) {
    return Cell.bar(
        ExplainedRowSection.signed(score), Math.abs(score) / Math.max(Math.abs(largest), 1e-300));
  }

  private static List<Cell> removal(Optional<ClassWord.Removal> removal) {
    return removal
        .map(
            of ->
                List.of(
                    Cell.of(percent(of.flipped())),
                    Cell.of(ExplainedRowSection.signed(of.change()))))
        .orElse(List.of(Cell.of(NONE), Cell.of(NONE)));
  }

  private static String percent(double share) {
    return NumberFormat.fixed(100 * share, 1) + " %";
  }
}
