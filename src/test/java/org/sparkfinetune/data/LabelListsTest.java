package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelListsTest {
  @Test
  void readsWhatPythonNumpyAndJsonWrite() {
    assertThat(LabelLists.parse("['a', 'b']")).containsExactly("a", "b");
    assertThat(LabelLists.parse("[\"a\",\"b\"]")).containsExactly("a", "b");
    assertThat(LabelLists.parse(" [ ] ")).isEmpty();
    assertThat(LabelLists.parse("set()")).isEmpty();
    assertThat(LabelLists.parse("()")).isEmpty();
    assertThat(LabelLists.parse("('a',)")).containsExactly("a");
    assertThat(LabelLists.parse("{'b', 'a'}")).containsExactly("b", "a");
    assertThat(LabelLists.parse("['toxic' 'insult'\n 'threat']"))
        .containsExactly("toxic", "insult", "threat");
    assertThat(LabelLists.parse("[np.str_('a'), np.int64(3)]")).containsExactly("a", "3");
    assertThat(LabelLists.parse("[u'a', b'c']")).containsExactly("a", "c");
    assertThat(LabelLists.parse("[1, 2.0, -3., 0.5, 1e2]"))
        .containsExactly("1", "2", "-3", "0.5", "100");
    assertThat(LabelLists.parse("[True, false, None, null, nan]"))
        .containsExactly("true", "false", null, null, null);
  }

  @Test
  void readsQuotesAndEscapesInsideOfLabels() {
    assertThat(LabelLists.parse("[\"it's\", 'a \"b\"', 'c, d']"))
        .containsExactly("it's", "a \"b\"", "c, d");
    assertThat(LabelLists.parse("['it\\'s', 'f\\xfcr', \"f\\u00fcr\", '\\U0001F600', 'a\\\\b']"))
        .containsExactly("it's", "für", "für", "\uD83D\uDE00", "a\\b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "a",
        "[draft]",
        "[a, b]",
        "[neg]|[pos]",
        "(1)",
        "['a'",
        "['a' 'b]",
        "['a''b']",
        "['a'b]",
        "[,]",
        "[['a']]",
        "['\\q']",
        "['\\x']",
        "['\\UFFFFFFFF']",
        "['a\\",
        "{'a': 1}",
        "[1-2]",
        "[u]"
      })
  void whatIsNoSuchListIsALabel(String text) {
    assertThat(LabelLists.parse(text)).isNull();
    assertThat(LabelLists.isList(text)).isFalse();
  }
}
