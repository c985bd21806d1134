package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

class ExplanationReportTest {
  private static final String EMOJI = "the \uD83D\uDC69\u200D\uD83D\uDC67 <b>card</b>";

  private static ExplainedRow.Word word(String text, int sequence, String word, double score) {
    int at = text.indexOf(word);
    int begin = text.codePointCount(0, at);
    return new ExplainedRow.Word(
        word,
        sequence,
        begin,
        begin + word.codePointCount(0, word.length()),
        Double.isNaN(score) ? OptionalDouble.empty() : OptionalDouble.of(score));
  }

  private static ExplainedRow row(
      List<String> texts, String label, String prediction, List<ExplainedRow.Word> words) {
    return new ExplainedRow(
        texts,
        label,
        prediction,
        label.isEmpty() ? Optional.empty() : Optional.of(label.equals(prediction)),
        prediction,
        words,
        0.25,
        OptionalDouble.of(-3e-4),
        List.of(),
        Optional.empty());
  }

  private static Html page(List<ExplainedRow> rows, long total) throws Exception {
    return page(rows, total, Optional.empty());
  }

  private static Html page(List<ExplainedRow> rows, long total, Optional<String> unlabeled)
      throws Exception {
    return Html.parse(
        new ExplanationReport(
                "in.csv",
                "<model>",
                Map.of("method", "occlusion"),
                Map.of("rows", "2"),
                List.of(
                    new FaithfulnessFigure("comprehensiveness", 0.5, 0.25, true),
                    new FaithfulnessFigure("deletion", 0.5, 0.25, false)),
                List.of(
                    new RandomizedFigure("head", 0.25), new RandomizedFigure("layer 2", -0.0625)),
                total,
                rows,
                List.of(
                    new ClassWord(
                        "card",
                        "<visa>",
                        2,
                        7,
                        5,
                        Optional.of(new ClassWord.LabelShare(8, 0.25, 0.03, 0.65, 0.5, true)),
                        Optional.of(new ClassWord.Removal(5, 0.4, -0.125))),
                    new ClassWord("card", "not", -1, 3, 3, Optional.empty(), Optional.empty())),
                List.of(
                    new ConfusionWord(
                        "cash",
                        "card",
                        2,
                        "<b>",
                        1.5,
                        3,
                        2,
                        Optional.of(new ClassWord.Removal(2, 0.5, -0.25)))),
                unlabeled)
            .html());
  }

  @Test
  void wordsAreColouredWhereTheyStand() throws Exception {
    Html page =
        page(
            List.of(
                row(
                    List.of(EMOJI),
                    "card",
                    "card",
                    List.of(
                        word(EMOJI, 0, "the", -1),
                        word(EMOJI, 0, "card", 4),
                        word(EMOJI, 0, "/b", Double.NaN)))),
            1);
    Element text = page.all("//article/p[@class='text']").get(0);
    assertThat(text.getTextContent()).isEqualTo(EMOJI);
    assertThat(text.getAttribute("dir")).isEqualTo("auto");
    List<Element> words = page.all("//article//span[starts-with(@class, 'w ')]");
    assertThat(words).extracting(Element::getTextContent).containsExactly("the", "card", "/b");
    assertThat(words)
        .extracting(word -> word.getAttribute("class"))
        .containsExactly("w against1", "w for4", "w unseen");
    assertThat(words.get(1).getAttribute("data-score")).isEqualTo("+4.000");
    assertThat(words.get(1).getAttribute("title")).isEqualTo("+4.000");
    assertThat(page.texts("//article/p[@class='quiet sums']"))
        .containsExactly("special tokens +0.250, sum missed by -3e-4");
  }

  @Test
  void rowsAreToldApartForTheFilters() throws Exception {
    List<ExplainedRow> rows = new ArrayList<>();
    rows.add(row(List.of("a"), "card", "cash", List.of(word("a", 0, "a", 0))));
    rows.add(row(List.of("one", "two"), "cash", "cash", List.of(word("two", 1, "two", 1))));
    rows.add(row(List.of("b"), "", "<x>", List.of()));
    Html page = page(rows, 40);
    assertThat(page.texts("//select[@name='label']/option"))
        .containsExactly("any", "<x>", "card", "cash");
    assertThat(page.all("//article"))
        .extracting(article -> article.getAttribute("data-labels"))
        .containsExactly("2 1", "2 2", "0");
    assertThat(page.all("//article"))
        .extracting(article -> article.getAttribute("data-right"))
        .containsExactly("wrong", "right", "");
    assertThat(page.texts("//article[2]/p[@class='text']")).containsExactly("one", "two");
    assertThat(page.texts("//article[1]//span[@class='w a0']")).containsExactly("a");
    assertThat(page.texts("//p[@class='note']"))
        .containsExactly("3 of the 40 rows: all are in attributions.");
  }

  @Test
  void trainingRowsOfAnotherLabelAreMarked() throws Exception {
    ExplainedRow row = row(List.of("a"), "card", "cash", List.of());
    ExplainedRow near =
        new ExplainedRow(
            row.texts(),
            row.label(),
            row.prediction(),
            row.right(),
            row.explained(),
            row.words(),
            row.special(),
            row.delta(),
            List.of(
                new ExplainedRow.Neighbor(
                    List.of("<b>"), "cash", "cash", 0.98761, OptionalDouble.of(0.0125)),
                new ExplainedRow.Neighbor(
                    List.of("c", "d"), "card", "cash", 0.5, OptionalDouble.empty())),
            Optional.of(new ExplainedRow.Counterfactual(List.of("a", "<b>"), List.of(), "card")));
    Html page = page(List.of(near), 1);
    assertThat(page.texts("//p[@class='counterfactual']"))
        .containsExactly("Without a, <b> the model says card.");
    assertThat(page(List.of(replaced(row)), 1).texts("//p[@class='counterfactual']"))
        .containsExactly("With x for a, <i> for <b> the model says no label.");
    assertThat(page.texts("//details[@class='neighbors']/summary"))
        .containsExactly("2 nearest training rows, 1 of another label");
    assertThat(page.texts("//details[@class='neighbors']//tr[1]/*"))
        .containsExactly(
            "text",
            "label",
            "the model says",
            "similarity",
            "influence",
            "<b>",
            "cash",
            "cash",
            "0.9876",
            "+1.3e-2");
    assertThat(page.texts("//details[@class='neighbors']//tr[2]/*"))
        .containsExactly("c \u2016 d", "card", "cash", "0.5000", "");
    assertThat(page.texts("//details[@class='neighbors']//td[contains(@class, 'verdict wrong')]"))
        .containsExactly("card");
  }

  private static ExplainedRow replaced(ExplainedRow row) {
    return new ExplainedRow(
        row.texts(),
        row.label(),
        row.prediction(),
        row.right(),
        row.explained(),
        row.words(),
        row.special(),
        row.delta(),
        List.of(),
        Optional.of(new ExplainedRow.Counterfactual(List.of("a", "<b>"), List.of("x", "<i>"), "")));
  }

  @Test
  void tablesSayWhatIsBetterThanARandomOrder() throws Exception {
    Html page = page(List.of(), 0);
    assertThat(page.rows("Faithfulness"))
        .containsExactly(
            List.of("comprehensiveness", "0.5000", "0.2500", "higher is better"),
            List.of("deletion", "0.5000", "0.2500", "lower is better"));
    assertThat(page.rows("Random weights"))
        .containsExactly(List.of("head", "0.2500"), List.of("layer 2", "-0.0625"));
    assertThat(page.texts("//td[contains(@class, 'better')]")).containsExactly("0.5000");
    assertThat(page.rows("Words by label"))
        .containsExactly(
            List.of("<visa>", "+2.000", "7", "5", "40.0 %", "-0.125"),
            List.of("not", "-1.000", "3", "3", "-", "-"));
    assertThat(page.texts("//section[h2='Rows']/p")).containsExactly("None is shown.");
  }

  @Test
  void spuriousWordsAndThoseBehindConfusionsHaveTheirTables() throws Exception {
    Html page = page(List.of(), 0);
    assertThat(page.rows("Spurious words"))
        .containsExactly(
            List.of(
                "card",
                "<visa>",
                "+2.000",
                "8",
                "25.0 % [3.0 %, 65.0 %]",
                "50.0 %",
                "40.0 %",
                "-0.125"));
    assertThat(page.texts("//section[h2='Words behind wrong predictions']//summary"))
        .containsExactly("cash, predicted card: 2 rows");
    assertThat(page.rows("Words behind wrong predictions"))
        .containsExactly(List.of("<b>", "+1.500", "3", "2", "50.0 %", "-0.250"));
    assertThat(
            page(List.of(), 0, Optional.of("there are none"))
                .texts("//section[h2='Spurious words']/p"))
        .containsExactly(
            "These, and the words behind wrong predictions, need labels, and there are none.");
  }

  @Test
  void smallScoresAreNotShownAsNone() {
    assertThat(ExplainedRowSection.signed(-3.21e-5)).isEqualTo("-3.2e-5");
    assertThat(ExplainedRowSection.signed(4.9e-4)).isEqualTo("+4.9e-4");
    assertThat(ExplainedRowSection.signed(-0.0005)).isEqualTo("-0.001");
    assertThat(ExplainedRowSection.signed(0)).isEqualTo("0.000");
    assertThat(ExplainedRowSection.signed(0.0131)).isEqualTo("+0.013");
  }

  @Test
  void levelsAreEvenAndZeroIsNone() {
    assertThat(ExplainedRowSection.level(0, 0)).isZero();
    assertThat(ExplainedRowSection.level(2, 2)).isEqualTo(4);
    assertThat(ExplainedRowSection.level(-2, 2)).isEqualTo(-4);
    assertThat(ExplainedRowSection.level(0.2, 2)).isZero();
    assertThat(ExplainedRowSection.level(1, 2)).isEqualTo(2);
  }
}
