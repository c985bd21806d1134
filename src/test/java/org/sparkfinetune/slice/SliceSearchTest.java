package org.sparkfinetune.slice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SliceSearchTest {
  private static final SliceColumn COUNTRY =
      SliceColumn.ofValues("country", List.of("de", "fr"), true, 4);
  private static final SliceColumn LENGTH =
      SliceColumn.ofBins("length", new double[] {1, 4, 9}, false, 9);
  private static final SlicePlan PLAN = new SlicePlan(List.of(COUNTRY, LENGTH));

  @Test
  void aRowIsInTheSliceOfAllRowsAndInOneOfEachColumn() {
    assertThat(PLAN.slices().stream().map(Slice::name))
        .containsExactly(
            "all rows",
            "country=de",
            "country=fr",
            "country is missing",
            "country is one of 2 other values",
            "length=[1, 4]",
            "length=(4, 9]");
    assertThat(PLAN.of(List.of("fr", 4.0))).containsExactly(0, 2, 5);
    assertThat(PLAN.of(List.of("es", 4.5))).containsExactly(0, 4, 6);
    assertThat(PLAN.of(java.util.Arrays.asList(null, 1.0))).containsExactly(0, 3, 5);
    assertThat(COUNTRY.note())
        .isEqualTo(
            "country: 4 values, the 2 with the most rows by themselves and the other 2 as one slice");
  }

  /** Long German texts are wrong, and those about refunds half of the time. */
  private static SliceSearch.Counts counts(WorstBy by, int minRows, int from, int to) {
    SliceSearch search = new SliceSearch(PLAN, List.of("refund", "card", "rare"), by, minRows, 5);
    SliceSearch.Counts counts = search.counts();
    Random random = new Random(3);
    for (int row = 0; row < 1200; row++) {
      String country = row % 3 == 0 ? "de" : "fr";
      double length = 1 + random.nextInt(9);
      boolean refund = random.nextInt(5) == 0;
      boolean wrong =
          country.equals("de") && length > 4
              ? random.nextInt(10) < 8
              : random.nextInt(10) < (refund ? 5 : 1);
      if (row >= from && row < to) {
        counts.add(
            PLAN.of(List.of(country, length)),
            refund ? List.of("refund", "unheard") : List.of("card"),
            wrong,
            search.needsLosses() ? (wrong ? 2 : 0.1) : Double.NaN);
      }
    }
    return counts;
  }

  @ParameterizedTest
  @EnumSource
  void findsTheWorstSlicesFirst(WorstBy by) {
    WorstSlices worst = counts(by, 30, 0, 1200).worst();

    assertThat(worst.slices().get(0).name()).isEqualTo("country=de & length=(4, 9]");
    assertThat(worst.slices().get(0).pValueAdjusted()).isLessThan(1e-9);
    assertThat(worst.significant().stream().map(WorstSlice::name)).contains("word \"refund\"");
    // Two countries, two lengths, four pairs, two words: no row has the third.
    assertThat(worst.tests()).isEqualTo(10);
    assertThat(worst.slices()).allMatch(slice -> slice.value() > slice.rest());
  }

  @ParameterizedTest
  @EnumSource
  void partsOfTheRowsGiveTheSameBits(WorstBy by) {
    SliceSearch.Counts parts = counts(by, 30, 0, 0);
    for (int from = 0; from < 1200; from += 150) {
      counts(by, 30, from, from + 150).states(4).forEach(parts::merge);
    }

    assertThat(parts.worst()).isEqualTo(counts(by, 30, 0, 1200).worst());
  }

  @Test
  void slicesOfTooFewRowsAndOfTheVeryRowsOfAnotherAreNotTested() {
    assertThat(counts(WorstBy.ERROR, 5000, 0, 1200).worst().tests()).isZero();
    assertThat(counts(WorstBy.ERROR, 30, 0, 0).worst().slices()).isEmpty();

    SliceSearch search = new SliceSearch(PLAN, List.of(), WorstBy.ERROR, 1, 5);
    SliceSearch.Counts counts = search.counts();
    counts.add(PLAN.of(List.of("de", 2.0)), List.of(), true, Double.NaN);
    counts.add(PLAN.of(List.of("fr", 7.0)), List.of(), false, Double.NaN);
    assertThat(counts.worst().tests()).isEqualTo(4);
    assertThat(counts.worst().slices()).hasSize(2);
  }

  @Test
  void wordsAreLettersAndDigitsThatStandTogether() {
    assertThat(Words.of("Don't PAY 50\u20ac, caf\u00e9-Bar: \u94f6\u884c\u5361 ok"))
        .containsExactly(
            "don't", "pay", "50", "caf\u00e9", "bar", "\u94f6", "\u884c", "\u5361", "ok");
    assertThat(Words.count("")).isZero();
    assertThat(Words.count("a b'c ' d")).isEqualTo(3);
  }
}
