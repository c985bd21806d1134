package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

class LabelCheckTest {
  @Test
  void commaListsAreNotTrainedOnAsClasses() {
    for (String separator : List.of(",", ", ", ";", "\t")) {
      LabelCheck check = sets(false, "toxic" + separator + "insult", 15, "threat", 9, "toxic", 9);
      assertThatThrownBy(() -> refuse(check))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(
              "no row has data.label_separator=| in it, and labels such as \"toxic")
          .hasMessageContaining(
              "set data.label_separator=\"" + separator.strip().replace("\t", "\\t"));
    }
    // No label stands alone.
    assertThatThrownBy(() -> refuse(sets(false, "a,b", 1, "b,c", 1, "c,a", 1)))
        .isInstanceOf(UserException.class);
  }

  @Test
  void namesWithCommasAreClasses() {
    LabelCheck names = sets(false, "Arts, Crafts & Sewing", 9, "Books", 9, "Movies, TV", 9);
    assertThatCode(() -> refuse(names)).doesNotThrowAnyException();
    assertThat(warnings(names))
        .containsExactly(
            "no row has more than one label: is data.label_separator=| what stands between them?");
    LabelCheck several = sets(true, "a,b", 9, "a", 9, "b", 9);
    assertThatCode(() -> refuse(several)).doesNotThrowAnyException();
    assertThat(warnings(several))
        .containsExactly(
            "labels that look like sets of other ones: \"a,b\" 9; the separator is"
                + " data.label_separator=|");
  }

  @Test
  void listsAsTextAreNotTrainedOnAsClasses() {
    assertThatThrownBy(() -> refuse(classes("['a', 'b']", 9, "['a']", 10, "c", 2)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the labels are lists as text, such as \"['a']\": for sets of labels set"
                + " model.problem_type=multi_label_classification");
    assertThatThrownBy(() -> refuse(sets(false, "[a, b]", 9, "[a]", 10)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "the labels are lists as text without quotes, such as \"[a]\": expected a|b");
    assertThatCode(() -> refuse(sets(true, "[draft]", 9, "[final]", 9))).doesNotThrowAnyException();
    assertThat(warnings(classes("['a']", 1, "a", 9)))
        .containsExactly("labels that look like lists: \"['a']\" 1");
  }

  @Test
  void spellingsOfOneLabelAreNamedWithTheirRows() {
    assertThat(warnings(classes("Spam", 30, "spam", 1029, "1", 2, "1.0", 3)))
        .containsExactly(
            "labels that may be one, spelled differently: \"1\" 2 and \"1.0\" 3 (how a number is"
                + " written), \"Spam\" 30 and \"spam\" 1,029 (case); each spelling is a class of its"
                + " own");
    assertThat(warnings(classes("f\u00C3\u00BCr", 4, "x", 9)))
        .containsExactly(
            "labels that look like UTF-8 that was read as Latin-1: \"f\u00C3\u00BCr\" 4 for"
                + " \"f\u00FCr\"");
  }

  @Test
  void setsInAColumnOfSingleLabelsAreNamed() {
    assertThat(warnings(classes("a|b", 4, "a", 9, "b", 2)))
        .containsExactly(
            "labels that look like sets of other ones: \"a|b\" 4; for sets of labels set"
                + " model.problem_type=multi_label_classification");
    assertThat(warnings(classes("card lost", 4, "card stolen", 9, "card", 2))).isEmpty();
  }

  @Test
  void rowNumbersAndTextsAreNoLabels() {
    Map<String, Long> ids = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      ids.put(String.valueOf(i), i < 600 ? 1L : 2L);
    }
    assertThat(warnings(new LabelCheck(ids, ProblemType.SINGLE_LABEL_CLASSIFICATION, "|", false)))
        .containsExactly("600 of 1,000 labels have one row alone: is this the column of labels?");
    assertThat(warnings(classes("word ".repeat(30), 1, "x", 3)))
        .singleElement()
        .asString()
        .startsWith("labels of more than 100 characters: 1, such as \"word word");
  }

  private static LabelCheck classes(Object... labelsAndRows) {
    return new LabelCheck(
        counts(labelsAndRows), ProblemType.SINGLE_LABEL_CLASSIFICATION, "|", false);
  }

  private static LabelCheck sets(boolean several, Object... labelsAndRows) {
    return new LabelCheck(
        counts(labelsAndRows), ProblemType.MULTI_LABEL_CLASSIFICATION, "|", several);
  }

  private static Map<String, Long> counts(Object... labelsAndRows) {
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < labelsAndRows.length; i += 2) {
      counts.put((String) labelsAndRows[i], ((Integer) labelsAndRows[i + 1]).longValue());
    }
    return counts;
  }

  private static void refuse(LabelCheck check) {
    check.refuseSetsAsClasses("data.label_separator", "model.problem_type");
  }

  private static List<String> warnings(LabelCheck check) {
    return check.warnings("data.label_separator", "model.problem_type");
  }
}
