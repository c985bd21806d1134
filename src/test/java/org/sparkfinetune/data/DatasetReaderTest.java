package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;

class DatasetReaderTest {
  private final SparkSession session = TestSpark.session();
  @TempDir Path folder;

  @Test
  void readsQuotedFieldsWithCommasDoubledQuotesAndLineBreaks() throws IOException {
    Path file =
        write(
            "a.csv",
            "id,text,label\n1,\"one, two\",a\n2,\"she said \"\"no\"\"\",b\n3,\"line 1\nline 2\n\nline 4\",c\n");

    assertThat(texts(file))
        .containsExactly("one, two", "she said \"no\"", "line 1\nline 2\n\nline 4");
    assertThat(malformed(file)).isEmpty();
  }

  @Test
  void readsAByteOrderMarkAndWindowsLineEnds() throws IOException {
    Path file = write("a.csv", "\uFEFFtext,label\r\nhello,a\r\n\"x\ny\",b\r\nlast,c");

    Dataset<Row> rows = read(file);

    assertThat(rows.columns()).containsExactly("text", "label", DatasetReader.MALFORMED);
    assertThat(texts(file)).containsExactly("hello", "x\ny", "last");
    assertThat(strings(rows, "label")).containsExactly("a", "b", "c");
  }

  @Test
  void keepsEveryColumnOfCsvAsAString() throws IOException {
    Path file = write("a.csv", "id,text,score,label\n007,x,1.50,a\n");

    Row row = read(file).first();

    assertThat(row.getString(0)).isEqualTo("007");
    assertThat(row.getString(2)).isEqualTo("1.50");
  }

  @Test
  void keepsBackslashesAndInnerQuotesAndUnicode() throws IOException {
    Path file = write("a.csv", "text,label\n\"C:\\temp\\\",a\nthe \"best\" one,b\ncafé 日本語 🎉,c\n");

    assertThat(texts(file)).containsExactly("C:\\temp\\", "the \"best\" one", "café 日本語 🎉");
    assertThat(malformed(file)).isEmpty();
  }

  @Test
  void emptyFieldsAreNullWhetherQuotedOrNot() throws IOException {
    Path file = write("a.csv", "text,label\n,a\n\"\",b\nx,\n");

    List<Row> rows = read(file).collectAsList();

    assertThat(rows).hasSize(3);
    assertThat(rows.get(0).getString(0)).isNull();
    assertThat(rows.get(1).getString(0)).isIn(null, "");
    assertThat(rows.get(2).getString(1)).isNull();
  }

  @Test
  void csvRowsWithTooManyOrTooFewFieldsAreMarkedMalformed() throws IOException {
    Path file = write("a.csv", "text,label\nhello, world,greeting\ngood,a\nshort\n");

    assertThat(read(file).count()).isEqualTo(3);
    assertThat(malformed(file)).containsExactlyInAnyOrder("hello, world,greeting", "short");
  }

  @Test
  void csvRowsAreMarkedMalformedWhicheverColumnsAreSelected() throws IOException {
    Path file = write("a.csv", "id,text,label\n1,hello, world,greeting\n2,good,a\n");

    List<Row> rows = read(file).select("text", DatasetReader.MALFORMED).collectAsList();

    assertThat(rows.get(0).getString(1)).isEqualTo("1,hello, world,greeting");
    assertThat(rows.get(1).getString(1)).isNull();
  }

  @Test
  void readsCompressedFilesFoldersAndGlobs() throws IOException {
    write("in/1.csv", "text,label\na,1\n");
    write("in/2.csv", "text,label\nb,2\n");
    write("in/_SUCCESS", "");
    Path zipped = folder.resolve("c.csv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      out.write("text,label\n\"c\n1\",3\n".getBytes(StandardCharsets.UTF_8));
    }

    assertThat(texts(zipped)).containsExactly("c\n1");
    assertThat(texts(folder.resolve("in"))).containsExactlyInAnyOrder("a", "b");
    assertThat(texts(folder.resolve("in/[12].csv"))).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void filesOfAFolderWithAnotherHeaderAreNotReadByPosition() throws IOException {
    write("in/1.csv", "text,label\na,1\n");
    write("in/2.csv", "label,text\n2,b\n");

    assertThatThrownBy(() -> read(folder.resolve("in")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "CSV header does not conform to the one of file:%1$s/in/1.csv (text, label):"
                + " file:%1$s/in/2.csv has label, text",
            folder);
  }

  @Test
  void csvColumnsWithoutANameAndNamesThatOccurTwiceGoByTheirPlace() throws IOException {
    Path pandas = write("pandas.csv", ",text,label\n0,hello,a\n1,\"x\ny\",b\n2,c\n");
    Path excel = write("excel.csv", "text,label,,\nhello,a,,\n");
    Path twice = write("twice.csv", "id,text,ID,label\n1,hello,2,a\n");

    assertThat(read(pandas).columns())
        .containsExactly("_c0", "text", "label", DatasetReader.MALFORMED);
    assertThat(texts(pandas)).containsExactly("hello", "x\ny", "c");
    assertThat(malformed(pandas)).containsExactly("2,c");
    assertThat(read(excel).columns()).startsWith("text", "label", "_c2", "_c3");
    assertThat(texts(excel)).containsExactly("hello");
    assertThat(read(twice).columns()).startsWith("id0", "text", "ID2", "label");
    assertThat(strings(read(twice), "ID2")).containsExactly("2");
  }

  @Test
  void csvFilesWithoutNamesOfColumnsHaveOneHeaderToo() throws IOException {
    write("in/1 a.csv", ",text,label\n0,a,1\n");
    write("in/2.csv", ",text,label\n1,b,2\n");
    assertThat(texts(folder.resolve("in"))).containsExactlyInAnyOrder("a", "b");

    write("in/3.csv", ",label,text\n2,3,c\n");
    assertThatThrownBy(() -> read(folder.resolve("in")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("CSV header does not conform")
        .hasMessageContaining("in/3.csv has , label, text");
  }

  @Test
  void csvFilesOfPartitionFoldersHaveTheirColumnToo() throws IOException {
    write("by/day=1/1.csv", ",text\n0,a\n");
    write("by/day=2/2.csv", ",text\n1,b\n");
    Dataset<Row> rows = read(folder.resolve("by"));
    assertThat(rows.columns()).contains("_c0", "text", "day");
    assertThat(strings(rows, "text")).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void csvNamesLoseTheWhiteSpaceAroundThem() throws IOException {
    assertThat(texts(write("a.csv", "id, text ,label\n1, a,x\n"))).containsExactly(" a");
    Path same = write("b.csv", "text, text\na,b\n");
    assertThat(read(same).columns()).startsWith("text", " text");
  }

  @Test
  void readsJsonLinesAndMarksThoseThatAreNone() throws IOException {
    Path file =
        write(
            "a.jsonl",
            "{\"text\": \"one\\ntwo\", \"label\": 1}\n{\"text\": oops\n\n{\"label\": 2, \"text\": \"x\"}\n");

    Dataset<Row> rows = read(file);

    assertThat(rows.count()).isEqualTo(3);
    assertThat(texts(file)).containsExactly("one\ntwo", null, "x");
    assertThat(malformed(file)).containsExactly("{\"text\": oops");
  }

  @Test
  void readsJsonWithAByteOrderMark() throws IOException {
    Path file = write("a.json", "\uFEFF{\"text\": \"one\"}\n{\"text\": \"two\"}\n");

    assertThat(texts(file)).containsExactly("one", "two");
  }

  /** Spark's own threads have no stack for such a type: the job would never end. */
  @Test
  void jsonThatIsNestedDeeperThanAnyDataIsMalformed() throws IOException {
    Path file =
        write(
            "a.json",
            "{\"text\": \"a\", \"n\": %s1%s}\n{\"text\": \"b\"}\n"
                .formatted("[".repeat(900), "]".repeat(900)));
    List<Row> rows = read(file).select("text", DatasetReader.MALFORMED).collectAsList();
    assertThat(rows.get(0).getString(1)).startsWith("{\"text\": \"a\"");
    assertThat(rows.get(1).getString(0)).isEqualTo("b");
    assertThat(rows.get(1).isNullAt(1)).isTrue();
  }

  @Test
  void saysWhenNoLineIsJson() throws IOException {
    Path file = write("a.json", "text,label\nhello,a\n");

    assertThatThrownBy(() -> read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("a.json is not JSON lines (one object a line)")
        .hasMessageContaining("the first is text,label");
    Path huge = write("b.json", "\u001b[2J" + "no json ".repeat(1000));
    assertThatThrownBy(() -> read(huge))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("the first is \uFFFD[2J" + "no json ".repeat(7));
  }

  @Test
  void readsParquetAndTables() {
    Dataset<Row> rows = session.sql("select 'x' as text, 3 as label, array(1) as extra");
    Path file = folder.resolve("rows.parquet");
    rows.write().parquet(file.toString());
    rows.createOrReplaceTempView("reader_rows");

    assertThat(read(file).columns()).containsExactly("text", "label", "extra");
    assertThat(DatasetReader.read(session, "reader_rows", "auto").first().getInt(1)).isEqualTo(3);
    assertThat(DatasetReader.read(session, "reader_rows", "table").count()).isEqualTo(1);
  }

  @Test
  void namesTheResolvedPathAndTheNearestNameOfAMissingFile() throws IOException {
    write("train.csv", "text\nx\n");

    assertThatThrownBy(() -> read(folder.resolve("trian.csv")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no such file or table: file:%s/trian.csv (nearest name there: train.csv)", folder);
    assertThatThrownBy(() -> read(folder.resolve("no/such/train.csv")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no such file or table: file:%1$s/no/such/train.csv (of this path, only file:%1$s exists)",
            folder);
    assertThatThrownBy(() -> DatasetReader.read(session, "no_such_table", "table"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "no such table: no_such_table. Tables of a Hive metastore or of Glue")
        .hasMessageContaining("spark.sql.catalogImplementation=hive");
  }

  @Test
  void refusesAnEmptyFileAFolderWithoutDataAndAMissingHeader() throws IOException {
    Path empty = write("empty.csv", "");
    Files.createDirectories(folder.resolve("bare/nested"));
    write("bare/_SUCCESS", "");
    write("bare/nested/a.csv", "text\nx\n");
    write("hollow/part-0.csv", "");

    assertThatThrownBy(() -> read(empty))
        .isInstanceOf(UserException.class)
        .hasMessage("file:%s is empty (0 bytes)", empty);
    assertThatThrownBy(() -> read(folder.resolve("bare")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no data in file:%s/bare: the folder holds no files to read (folders in it are not looked"
                + " into: nested)",
            folder);
    assertThatThrownBy(() -> read(folder.resolve("hollow")))
        .isInstanceOf(UserException.class)
        .hasMessage("no data in file:%s/hollow: each of its 1 files is empty", folder);
  }

  @Test
  void refusesFormatsThatCannotBeTold() throws IOException {
    Path text = write("a.txt", "hello\n");
    write("mixed/a.csv", "text\nx\n");
    write("mixed/b.json", "{\"text\": \"x\"}\n");

    assertThatThrownBy(() -> read(text))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("cannot tell the format of file:" + text)
        .hasMessageContaining("set data.format to csv, json or parquet");
    assertThatThrownBy(() -> read(folder.resolve("mixed")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("mixed holds files of several formats (csv, json)")
        .hasMessageEndingWith("mixed/*.csv");
  }

  @Test
  void saysWhenAFileIsNotOfItsFormatOrItsFileSystemUnknown() throws IOException {
    Path file = write("a.parquet", "this is no parquet file at all\n");

    assertThatThrownBy(() -> read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("cannot read file:" + file + " as parquet: ")
        .hasMessageContaining("is not a Parquet file");
    assertThatThrownBy(() -> DatasetReader.read(session, "nosuch://x/a.csv", "auto"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "nosuch://x/a.csv: Spark has no file system for nosuch://. Check the scheme");
  }

  @Test
  void textsToPredictNeedNoLabelAndKeepBlankRows() throws IOException {
    Path file = write("in.csv", "id,text\n1,hello\n2,\n3,\"  \"\n");

    Dataset<Row> rows = DatasetReader.readTexts(session, input(file, "text", ""));

    assertThat(rows.count()).isEqualTo(3);
    assertThat(rows.columns()).contains("id", "text");
    assertThatThrownBy(() -> DatasetReader.readTexts(session, input(file, "body", "")))
        .isInstanceOf(UserException.class)
        .hasMessage("data.text_column=body: no such column in %s; it has: id, text", file);
    assertThatThrownBy(() -> DatasetReader.readTexts(session, input(file, "text", "answer")))
        .isInstanceOf(UserException.class)
        .hasMessage("data.text_pair_column=answer: no such column in %s; it has: id, text", file);
  }

  private static DataArguments input(Path file, String text, String pair) {
    return Schema.of("data", DataArguments.class)
        .create(Map.of("input", file.toString(), "text_column", text, "text_pair_column", pair));
  }

  private Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private Dataset<Row> read(Path path) {
    return DatasetReader.read(session, path.toString(), "auto");
  }

  private List<String> texts(Path path) {
    return strings(read(path), "text");
  }

  private List<String> malformed(Path path) {
    // Collected first: Spark refuses to read the column of malformed rows alone.
    return read(path).select("text", DatasetReader.MALFORMED).collectAsList().stream()
        .map(row -> row.getString(1))
        .filter(Objects::nonNull)
        .toList();
  }

  private static List<String> strings(Dataset<Row> rows, String column) {
    return rows.select(column).collectAsList().stream().map(row -> row.getString(0)).toList();
  }
}
