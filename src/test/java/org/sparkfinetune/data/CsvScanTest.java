package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import org.junit.jupiter.api.Test;

class CsvScanTest {
  @Test
  void readsTheHeaderAsAParserWould() throws IOException {
    assertThat(scan("a,\"b, \"\"c\"\"\",\r\n1,2,3\r\n").header())
        .containsExactly("a", "b, \"c\"", "");
    assertThat(scan("\n\na,b").header()).containsExactly("a", "b");
    assertThat(scan("a,b\r1,2\r").header()).containsExactly("a", "b");
    assertThat(scan("").header()).isEmpty();
    assertThat(scan("\n\n").header()).isEmpty();
  }

  @Test
  void countsRowsAndThoseThatAreDamaged() throws IOException {
    CsvScan scan = scan("a,b\n1,2\n\n\"x\ny\",2\n1,2,3\nonly\n\"x\"y,2\n");

    assertThat(scan.records()).isEqualTo(5);
    assertThat(scan.damaged()).isEqualTo(3);
    assertThat(scan.damagedLine()).isEqualTo(6);
    assertThat(scan.swallows()).isZero();
  }

  @Test
  void separatorsHaveAnyNumberOfCharacters() throws IOException {
    CsvScan scan = CsvScan.of(new StringReader("a||b|c\n1||2\n"), format("||"), Long.MAX_VALUE);

    assertThat(scan.header()).containsExactly("a", "b|c");
    assertThat(scan.damaged()).isZero();
  }

  @Test
  void findsTheLineWhoseQuoteSwallowsRows() throws IOException {
    CsvScan torn = scan("a,b\n1,2\n\"3,4\n5,6\n7,8\n\"9,10\n1,2\n");
    CsvScan likeRows = scan("a,b\n\"1,x\n2,x\n3,x\n4,x\n5 in\",x\n");
    CsvScan open = scan("a,b\n1,2\n\"3,4\n5,6\n7,8\n");
    CsvScan prose = scan("a,b\n\"Dear all,\n\nthanks, folks,\n\nsee you,\nbob\",2\n");

    assertThat(torn.longest()).isEqualTo(new CsvScan.Swallow(3, 4));
    assertThat(torn.swallows()).isEqualTo(1);
    assertThat(likeRows.longest()).isEqualTo(new CsvScan.Swallow(2, 5));
    assertThat(open.openAtEnd()).isEqualTo(new CsvScan.Swallow(3, 3));
    assertThat(prose.swallows()).isZero();
    assertThat(prose.openAtEnd()).isNull();
  }

  @Test
  void backslashesStandBeforeQuotesWhereTheyAreTheEscape() throws IOException {
    String text = "a,b\n\"say \\\"no, never\\\" to\",x\n\"ends with \\\\\",y\n";

    assertThat(scan(text).damaged()).isPositive();
    assertThat(scan(text).hasBackslashQuotes()).isTrue();
    DataFormat backslash = format(",").withEscape("\\");
    assertThat(CsvScan.of(new StringReader(text), backslash, Long.MAX_VALUE).damaged()).isZero();
  }

  @Test
  void readsNoFurtherThanAsked() throws IOException {
    CsvScan scan = CsvScan.of(new StringReader("a,b\n" + "1,2\n".repeat(1000)), format(","), 100);

    assertThat(scan.records()).isBetween(20L, 30L);
    assertThat(CsvScan.of(new StringReader("x".repeat(3 << 20)), format(","), 100).header())
        .isEmpty();
  }

  private static CsvScan scan(String text) throws IOException {
    return CsvScan.of(new StringReader(text), format(","), Long.MAX_VALUE);
  }

  private static DataFormat format(String separator) {
    return DataFormat.of("csv").orSeparator(separator);
  }
}
