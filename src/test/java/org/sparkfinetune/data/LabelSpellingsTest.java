package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelSpellingsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Spam      | spam       | case",
        "True      | true       | case",
        "a b       | ab         | white space or invisible characters",
        "a\u00A0b  | a b        | white space or invisible characters",
        "a\u200Bb  | ab         | white space or invisible characters",
        "a\u00ADb  | ab         | white space or invisible characters",
        "1         | 1.0        | how a number is written",
        "01        | 1          | how a number is written",
        "-2.50     | -2.5       | how a number is written",
        "f\u00FCr  | fu\u0308r  | Unicode form",
        "\uFF53pam | spam       | Unicode form",
        "a\u2013b  | a-b        | Unicode form",
        "\u0661    | 1          | Unicode form",
        "'spam'    | spam       | quotation marks",
        "\u00C3\u00BC | \u00FC | damage (UTF-8 that was read as Latin-1)",
        "\u00E2\u20AC\u2122s | \u2019s | damage (UTF-8 that was read as Latin-1)",
        "f?r       | f\u00FCr   | letters that were lost",
        "\uFF33PAM\u00A0.0 | spam .0 | their spelling"
      })
  void labelsThatDifferInSpellingAloneAreAlike(String a, String b, String by) {
    assertThat(LabelSpellings.groups(List.of(a, b, "other")))
        .hasSize(1)
        .allMatch(g -> g.size() == 2);
    assertThat(new LabelSpellings(List.of("other", b)).alike(a)).contains(b);
    assertThat(LabelSpellings.difference(a, b)).isEqualTo(by);
  }

  @Test
  void labelsThatDifferInMoreAreNot() {
    assertThat(
            LabelSpellings.groups(
                List.of("1", "10", "0.1", "-1", "f\u00FCr", "f\u00E4r", "fur", "what?", "?", "a")))
        .isEmpty();
    assertThat(new LabelSpellings(List.of("1", "f\u00FCr")).alike("f\u00E4r")).isEmpty();
  }

  @Test
  void damageIsMendedWhereOneCanTellWhatWasThere() {
    assertThat(LabelSpellings.misread("f\u00C3\u00BCr")).contains("f\u00FCr");
    // Twice.
    assertThat(LabelSpellings.misread("f\u00C3\u0192\u00C2\u00BCr")).contains("f\u00FCr");
    assertThat(LabelSpellings.misread("f\u00FCr")).isEmpty();
    assertThat(LabelSpellings.misread("\u00C3")).isEmpty();
    assertThat(LabelSpellings.misread("\u4E2D")).isEmpty();
    assertThat(new LabelSpellings(List.of("f\u00FCr")).alike("f\uFFFDr")).contains("f\u00FCr");
  }

  @Test
  void whatCannotBeSeenIsShownAsEscapes() {
    assertThat(LabelSpellings.shown("a\u00A0b\u200B")).isEqualTo("\"a\\u00A0b\\u200B\"");
    assertThat(LabelSpellings.shown("fu\u0308r f\u00FCr")).isEqualTo("\"fu\\u0308r f\u00FCr\"");
    assertThat(LabelSpellings.shown("\u001b[2J\n\uFFFD")).isEqualTo("\"\\u001B[2J\\u000A\\uFFFD\"");
    assertThat(LabelSpellings.shown("\uDB40\uDC41")).isEqualTo("\"\\U000E0041\"");
    assertThat(LabelSpellings.shown("x".repeat(100))).isEqualTo("\"" + "x".repeat(60) + "...\"");
  }
}
