package org.sparkfinetune.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.report.Runs;

class TextWidthTest {
  @Test
  void longTextsLoseTheirMiddle() {
    assertThat(TextWidth.shortened("short", 5)).isEqualTo("short");
    assertThat(TextWidth.shortened("abcdefghij", 5)).isEqualTo("ab…ij");
    assertThat(TextWidth.shortened("日本語の実行", 7))
        .isEqualTo("日…行")
        .matches(t -> TextWidth.width(t) <= 7);
    assertThat(TextWidth.shortened("😀😀😀😀😀", 5)).isEqualTo("😀…😀");
    assertThat(TextWidth.shortened("e\u0301".repeat(10), 5))
        .isEqualTo("e\u0301e\u0301…e\u0301e\u0301");
  }

  @Test
  void nothingReachesTheTerminalThatCommandsIt() {
    assertThat(OneLine.of("a\u001b[31mb\nc\td\u202Ee\u0000"))
        .isEqualTo("a\uFFFD[31mb c d\uFFFDe\uFFFD");
  }

  @Test
  void numbersAsPeopleReadThem() {
    assertThat(
            List.of(0.958333, 12.3456, 1045.34, 3.1e-6, 216.0, 12_345.0, 0.0, 1e7 + .5).stream()
                .map(NumberFormat::metric))
        .containsExactly("0.9583", "12.35", "1045.3", "3.1e-6", "216", "12,345", "0", "1e7");
    assertThat(
            List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY).stream()
                .map(NumberFormat::metric))
        .containsExactly("NaN", "∞", "-∞");
    assertThat(
            List.of(400L, 9_949L, 9_950L, 60_400L, 134_000L, 3_600_000L, 3_660_000L, 90_000_000L)
                .stream()
                .map(NumberFormat::duration))
        .containsExactly(
            "0.4 s", "9.9 s", "10 s", "1 min", "2 min 14 s", "1 h", "1 h 1 min", "1 d 1 h");
    assertThat(List.of(0L, 999L, 1_500L, 90_412_233L, 999_999L).stream().map(NumberFormat::bytes))
        .containsExactly("0 B", "999 B", "1.5 KB", "90.4 MB", "1.0 MB");
    assertThat(NumberFormat.time(Runs.START, ZoneOffset.UTC)).isEqualTo("2026-01-02 03:04");
    assertThat(NumberFormat.param("5.0E-5")).isEqualTo("5e-5");
    assertThat(NumberFormat.param("a1.0E-5")).isEqualTo("a1.0E-5");
  }

  @Test
  void sparklines() {
    assertThat(Sparkline.of(values(8, i -> 8 - i), 8)).isEqualTo("█▇▆▅▄▃▂▁");
    assertThat(Sparkline.of(values(1000, i -> i), 4)).isEqualTo("▁▃▆█");
    assertThat(Sparkline.of(values(3, i -> i == 2 ? Double.NaN : 1), 8)).isEqualTo("▁ ▁");
    assertThat(Sparkline.of(List.of(), 8)).isEmpty();
  }

  private static List<Double> values(int count, IntToDoubleFunction value) {
    return IntStream.rangeClosed(1, count).mapToObj(value::applyAsDouble).toList();
  }
}
