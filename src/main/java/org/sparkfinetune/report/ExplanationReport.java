package org.sparkfinetune.report;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;

/**
 * The page of explained rows: each text with its words coloured by what they have done for the
 * model's answer, and the words that drive a label.
 *
 * @param rows where they came from
 * @param model its name
 * @param settings how they were explained, by name
 * @param figures what was measured, by name; may be none
 * @param faithfulness of the attributions; none where it was not measured
 * @param randomized how alike they stay where weights are random; none where that was not measured
 * @param total how many rows were explained, of which those below are some
 * @param shown rows, in their order
 * @param words by label; none where too few rows were explained
 * @param confusions words of wrong predictions, by label and prediction
 * @param unlabeled why there are no spurious words and no confusions; empty where there may be
 */
public record ExplanationReport(
    String rows,
    String model,
    Map<String, String> settings,
    Map<String, String> figures,
    List<FaithfulnessFigure> faithfulness,
    List<RandomizedFigure> randomized,
    long total,
    List<ExplainedRow> shown,
    List<ClassWord> words,
    List<ConfusionWord> confusions,
    Optional<String> unlabeled) {
  private static final String TITLE = "Which words the answers come from";

  /** An HTML file. */
  public String html() {
    return HtmlPage.html(TITLE, this::write);
  }

  private void write(HtmlWriter out) {
    out.open("header").element("h1", TITLE);
    out.open("dl", "class", "facts");
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", model);
    facts.put("rows of", rows);
    facts.putAll(settings);
    facts.forEach(
        (name, value) -> {
          out.open("div").element("dt", name).open("dd").element("bdi", value);
          out.close().close();
        });
    out.close().close();
    if (!figures.isEmpty()) {
      out.open("ul", "class", "tiles");
      figures.forEach(
          (name, value) ->
              out.open("li").element("span", name, "class", "quiet").element("b", value).close());
      out.close();
    }
    if (!faithfulness.isEmpty()) {
      HtmlPage.section(out, "Faithfulness", this::faithfulness);
    }
    if (!randomized.isEmpty()) {
      HtmlPage.section(out, "Random weights", this::randomized);
    }
    HtmlPage.section(out, "Rows", this::rows);
    if (!words.isEmpty()) {
      HtmlPage.section(out, "Words by label", section -> WordsSection.byLabel(section, words));
      HtmlPage.section(out, "Spurious words", this::spurious);
    }
    if (!confusions.isEmpty()) {
      HtmlPage.section(
          out,
          "Words behind wrong predictions",
          section -> WordsSection.confusions(section, confusions));
    }
    out.element("footer", "Written by spark-finetune.");
  }

  private void spurious(HtmlWriter out) {
    if (unlabeled.isPresent()) {
      out.element(
          "p",
          "These, and the words behind wrong predictions, need labels, and "
              + unlabeled.get()
              + ".",
          "class",
          "note");
    } else {
      WordsSection.spurious(out, words);
    }
  }

  private void faithfulness(HtmlWriter out) {
    out.element(
        "p",
        "What becomes of the label's probability where words are masked, the words with the largest"
            + " scores first, beside a random order: the mean over all rows. Comprehensiveness: what"
            + " it loses without the top words; sufficiency: with them alone; deletion and insertion:"
            + " the area under it while words go and come.");
    Table table = new Table("", "attributions", "random", "").numbers(1, 3);
    for (FaithfulnessFigure figure : faithfulness) {
      boolean better =
          figure.higherIsBetter()
              ? figure.value() > figure.random()
              : figure.value() < figure.random();
      table.row(
          List.of(
              Cell.of(figure.name()),
              new Cell(NumberFormat.fixed(figure.value(), 4), better ? "better" : "", Double.NaN),
              Cell.of(NumberFormat.fixed(figure.random(), 4)),
              Cell.of(figure.higherIsBetter() ? "higher is better" : "lower is better")));
    }
    table.render(out);
  }

  private void randomized(HtmlWriter out) {
    out.element(
        "p",
        "How alike the attributions stay where the model's weights are random, from the head down to"
            + " a part: the rank correlation of the words' absolute scores, the mean over some rows. 1"
            + " says that what the part has learned does not matter to them, 0 that they come from"
            + " it.");
    Table table = new Table("random down to", "rank correlation").numbers(1);
    randomized.forEach(part -> table.row(part.part(), NumberFormat.fixed(part.correlation(), 4)));
    table.render(out);
  }

  private void rows(HtmlWriter out) {
    if (shown.isEmpty()) {
      out.element("p", "None is shown.", "class", "note");
      return;
    }
    out.element(
        "p",
        "A word's colour is what it has done for the logit of the label that is explained, relative"
            + " to the strongest word of its text. The number is shown under the pointer, and in"
            + " print.");
    ExplainedRowSection.legend(out);
    if (total > shown.size()) {
      out.element(
          "p",
          "%s of the %s rows: all are in attributions."
              .formatted(NumberFormat.grouped(shown.size()), NumberFormat.grouped(total)),
          "class",
          "note");
    }
    List<String> labels = filters(out);
    out.open("div", "class", "explained");
    shown.forEach(row -> ExplainedRowSection.write(out, row, labels));
    out.close();
  }

  /** What chooses among the rows; returns the labels by their numbers in it. */
  private List<String> filters(HtmlWriter out) {
    Set<String> found = new LinkedHashSet<>();
    boolean judged = false;
    for (ExplainedRow row : shown) {
      found.add(row.prediction());
      found.add(row.label());
      judged |= row.right().isPresent();
    }
    found.remove("");
    List<String> labels = found.stream().sorted().toList();
    out.open("form", "class", "filters", "data-rows", "explained");
    out.open("label").text("Search ");
    out.empty("input", "type", "search", "name", "text").close();
    out.open("label").text("Predicted or right label ").open("select", "name", "label");
    out.element("option", "any", "value", "");
    for (int i = 0; i < labels.size(); i++) {
      out.element("option", labels.get(i), "value", Integer.toString(i));
    }
    out.close().close();
    if (judged) {
      out.open("label").text("Prediction ").open("select", "name", "right");
      out.element("option", "any", "value", "");
      out.element("option", "right", "value", "right");
      out.element("option", "wrong", "value", "wrong");
      out.close().close();
    }
    out.element("output", NumberFormat.grouped(shown.size()) + " rows", "class", "quiet");
    out.close();
    return labels;
  }
}
