package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;

/** Text files that are not RFC 4180 in UTF-8, and files that are no text. */
class FileFormatsTest {
  private final SparkSession session = TestSpark.session();
  @TempDir Path folder;

  @Test
  void readsTabsAndSemicolons() throws IOException {
    Path tsv = write("a.tsv", "text\tlabel\none, two\ta\n\"x\ty\"\tb\n");
    Path packed = folder.resolve("b.tsv.gz");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(Files.readAllBytes(tsv));
    }
    Files.write(packed, bytes.toByteArray());
    Path semicolons = write("c.csv", "\uFEFFtext;label\r\none; \"two\";a\r\n\"x;y\";b\r\n");
    Path bars = write("d.txt", "text||label\none | two||a\n");
    Path unquoted = write("e.tsv", "text\tlabel\n\"5 inch\ta\n6\" nail\tb\n");

    Path single = write("f.csv", "text,label\n'it''s, so',a\n");

    assertThat(texts(single, Map.of("quote", "'"))).containsExactly("it's, so");
    assertThat(texts(tsv, Map.of())).containsExactly("one, two", "x\ty");
    assertThat(texts(packed, Map.of())).containsExactly("one, two", "x\ty");
    assertThat(texts(tsv, Map.of("format", "csv"))).containsExactly("one, two", "x\ty");
    assertThat(texts(semicolons, Map.of("separator", ";"))).hasSize(2).endsWith("x;y");
    assertThat(texts(bars, Map.of("format", "csv", "separator", "||")))
        .containsExactly("one | two");
    assertThat(texts(unquoted, Map.of("quote", ""))).containsExactly("\"5 inch", "6\" nail");
  }

  @Test
  void proposesTheSeparatorThatItSees() throws IOException {
    Path semicolons = write("a.csv", "text;label\none;a\ntwo;b\n");
    Path tabs = write("b.csv", "text\tlabel\none\ta\n");
    Path commas = write("c.tsv", "text,label\none,a\n");
    Path excel = write("d.csv", "sep=;\ntext;label\none;a\n");
    Path one = write("e.csv", "a|b\nx\ny\n");

    refuses(semicolons, "has one column, \"text;label\": its fields are separated by \";\": set");
    refuses(semicolons, "set data.separator=;");
    refuses(tabs, "set data.separator=tab");
    refuses(commas, "set data.separator=,");
    refuses(
        excel, "starts with Excel's line \"sep=;\": remove this line, and set data.separator=;");
    assertThat(read(one, Map.of()).columns()).startsWith("a|b");
    assertThat(read(semicolons, Map.of("separator", ",")).columns()).startsWith("text;label");
  }

  @Test
  void readsBackslashesBeforeQuotesAndProposesTo() throws IOException {
    session
        .sql("select 'she said \"no, never\", twice' as text, 'a' as label")
        .write()
        .option("header", true)
        .csv(folder.resolve("spark.csv").toString());
    Path file = folder.resolve("spark.csv");

    refuses(file, "quotes within fields are written as \\\", from line 2 on: set data.escape=\\");
    assertThat(texts(file, Map.of("escape", "\\")))
        .containsExactly("she said \"no, never\", twice");
  }

  @Test
  void saysWhichQuoteSwallowsRows() throws IOException {
    Path open = write("open.csv", "text,label\na,1\n\"b,1\n" + "c,1\n".repeat(50));
    Path stray = write("stray.csv", "text,label\na,1\n\"b,1\n" + "c,1\n".repeat(50) + "\"d,1\n");
    List<String> warnings = new ArrayList<>();

    refuses(open, "the quote in line 3 opens a field that never ends: 51 lines to the file's end");
    refuses(open, "data.quote= (empty)");
    DataSource source = DataSource.resolve(session, stray.toString(), DataFormat.of("auto"));
    DatasetReader.read(session, source, new ColumnNeeds(true, List.of()), warnings::add);
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0))
        .contains("stray.csv: the quote in line 3 opens a field of 52 lines that look like rows");
  }

  @Test
  void readsEncodingsAndProposesTheOneThatItSees() throws IOException {
    String rows = "text,label\nhéllo “you”,für\nx,y\n";
    for (String encoding : List.of("windows-1252", "UTF-16LE", "UTF-16BE", "UTF-16")) {
      Path file = folder.resolve(encoding + ".csv");
      Files.write(file, rows.getBytes(Charset.forName(encoding)));
      assertThat(texts(file, Map.of("encoding", encoding)))
          .as(encoding)
          .containsExactly("héllo “you”", "x");
      refuses(file, "is not in UTF-8: ");
      refuses(file, "set data.encoding=" + encoding);
    }
    Path marked = folder.resolve("marked.csv");
    Files.write(marked, ("\uFEFF" + rows).getBytes(StandardCharsets.UTF_16LE));
    refuses(marked, "it starts with the byte order mark of UTF-16LE; set data.encoding=UTF-16");
    for (String encoding : List.of("UTF-16", "UTF-16LE")) {
      Dataset<Row> read = read(marked, Map.of("encoding", encoding));
      assertThat(read.columns()).startsWith("text", "label");
      assertThat(strings(read, "text")).containsExactly("héllo “you”", "x");
    }
    assertThatThrownBy(
            () -> read(write("utf8.csv", "\uFEFFtext\nx\n"), Map.of("encoding", "latin1")))
        .hasMessageEndingWith("starts with the byte order mark of UTF-8; set data.encoding=UTF-8");
    Path json = folder.resolve("latin1.json");
    Files.write(json, "{\"text\": \"für\"}\n".getBytes(StandardCharsets.ISO_8859_1));
    refuses(json, "set data.encoding=ISO-8859-1, in which it reads \"für\"");
    assertThat(texts(json, Map.of("encoding", "ISO-8859-1"))).containsExactly("für");
    assertThatThrownBy(() -> read(json, Map.of("encoding", "UTF-16")))
        .hasMessageStartingWith("data.encoding=UTF-16 is not allowed for JSON lines");
  }

  @Test
  void readsLinesThatEndWithACarriageReturn() throws IOException {
    assertThat(texts(write("a.csv", "text,label\rone,a\rtwo,b\r"), Map.of()))
        .containsExactly("one", "two");
  }

  @Test
  void filesOfOneFolderHaveOneHeader() throws IOException {
    write("more/a.csv", "text,label\nx,1\n");
    write("more/b.csv", "text,label,source\ny,2,z\n");
    write("more/c.csv", "");

    refuses(
        folder.resolve("more"),
        "more/a.csv (text, label): file:" + folder + "/more/b.csv has text, label, source");
    write("names/a.csv", "text ,Label\nx,1\n");
    write("names/b.csv", "Text,label\ny,2\n");
    assertThat(texts(folder.resolve("names"), Map.of("text_column", "text")))
        .containsExactlyInAnyOrder("x", "y");
  }

  @Test
  void partitionFoldersGiveTextWhateverTheFormat() throws IOException {
    write("csv/label=01/a.csv", "text\nx\n");
    write("csv/label=__HIVE_DEFAULT_PARTITION__/a.csv", "text\nz\n");
    write("csv/label=2024-01-02/a%20b.csv", "text\ny\n");
    write("json/label=01/a.json", "{\"text\": \"x\"}\n{oops\n");
    write("json/label=1e3/a.json", "{\"text\": \"y\"}\n");
    write("both/label=01/a.csv", "text,label\nx,1\n");
    session
        .sql("select 'x' as text, '01' as label union all select 'y', '1.0'")
        .write()
        .partitionBy("label")
        .parquet(folder.resolve("parquet").toString());

    Dataset<Row> csv = read(folder.resolve("csv"), Map.of());
    assertThat(csv.columns()).containsExactly("text", DatasetReader.MALFORMED, "label");
    assertThat(strings(csv, "label")).containsExactlyInAnyOrder("01", "2024-01-02", null);
    Dataset<Row> json = read(folder.resolve("json"), Map.of("format", "json"));
    assertThat(strings(json, "label")).containsExactlyInAnyOrder("01", "01", "1e3");
    assertThat(json.columns()).contains(DatasetReader.MALFORMED);
    assertThat(strings(read(folder.resolve("parquet"), Map.of("format", "parquet")), "label"))
        .containsExactlyInAnyOrder("01", "1.0");
    refuses(
        folder.resolve("both"), "has a column label in its files and in the names of its folders");
  }

  @Test
  void saysHowRowsOfOtherFilesAreHad() throws IOException {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      out.putNextEntry(new ZipEntry("xl/workbook.xml"));
    }
    Path sheet = Files.write(folder.resolve("sheet.csv"), zip.toByteArray());
    Path page = write("page.csv", "<!DOCTYPE html><html></html>");
    Path pointer = write("pointer.json", "version https://git-lfs.github.com/spec/v1\noid x\n");

    refuses(sheet, "is no CSV file but a zip archive, as Excel's .xlsx is too");
    refuses(page, "is no CSV file but a web page: fetch the file itself");
    refuses(pointer, "is no JSON file but a pointer of Git LFS: run git lfs pull");
    refuses(write("a.xlsx", "x"), "is of a format that is not read (.csv, .tsv, .json, .jsonl,");
    refuses(write("b.xlsx", "x"), "save the sheet as CSV UTF-8");
    refuses(write("a.orc", "x"), "or make it a table and set data.format=table");
    refuses(write("a.feather", "x"), "in pandas, df.to_parquet");
    refuses(write("a.pkl", "x"), "where you trust it: reading it runs code");
    refuses(write("a.csv.zip", "x"), "unpack it");
    refuses(write("a.tar.gz", "x"), "unpack it");
    Path packed = folder.resolve("packed.csv");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new GZIPOutputStream(bytes).close();
    Files.write(packed, bytes.toByteArray());
    refuses(packed, "compressed with gzip: let its name end with .gz");
  }

  @Test
  void saysHowJsonOverSeveralLinesIsConverted() throws IOException {
    Path array = write("array.json", "[\n  {\"text\": \"x\"},\n  {\"text\": \"y\"}\n]\n");
    Path objects = write("objects.json", "{\n  \"text\": \"x\"\n}\n{\n  \"text\": \"y\"\n}\n");
    Path line = write("line.json", "[{\"text\": \"x\"}, {\"text\": \"y\"}]\n");

    refuses(
        array,
        "is one JSON array over several lines: expected one object a line; convert it"
            + " (jq -c '.[]' in.json > out.jsonl)");
    refuses(objects, "has JSON objects over several lines: expected one object a line");
    assertThat(texts(line, Map.of())).containsExactly("x", "y");
  }

  private Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private Dataset<Row> read(Path path, Map<String, String> settings) {
    DataFormat format = Schema.of("data", DataArguments.class).create(settings).dataFormat();
    return DatasetReader.read(session, path.toString(), format);
  }

  private List<String> texts(Path path, Map<String, String> settings) {
    return strings(read(path, settings), "text");
  }

  private static List<String> strings(Dataset<Row> rows, String column) {
    List<String> strings = new ArrayList<>();
    rows.select(column).collectAsList().forEach(row -> strings.add(row.getString(0)));
    return strings;
  }

  private void refuses(Path path, String message) {
    assertThatThrownBy(() -> read(path, Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .matches(e -> Objects.equals(e.getMessage(), e.getMessage().replaceAll("\\R", " ")));
  }
}
