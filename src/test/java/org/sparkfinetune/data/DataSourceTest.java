package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;

/** Locations, whatever characters they have, and folders whose rows a log tells. */
class DataSourceTest {
  private static final String CSV = "text\nx\n";
  private static final List<String> NAMES =
      List.of(
          "x[1]",
          "br[ack]et",
          "a,b",
          "{x}",
          "{a,b}",
          "what?",
          "all*",
          "two  words",
          "100%20",
          "a#b",
          "it's",
          "caf\u00E9",
          "cafe\u0301",
          "a=b",
          "back\\slash",
          "[");

  private final SparkSession session = TestSpark.session();
  @TempDir Path folder;

  @Test
  void aNameThatIsThereIsThatNameWhateverItsCharacters() throws IOException {
    for (String name : NAMES) {
      write(name + ".csv", CSV);
      write("in " + name + "/part.csv", CSV);
      write("json " + name + "/part.json", "{\"text\": \"x\"}\n");
      Path parquet = folder.resolve(name + ".parquet");

      assertThat(texts(folder.resolve(name + ".csv"))).as(name).containsExactly("x");
      assertThat(texts(folder.resolve("in " + name))).as(name).containsExactly("x");
      assertThat(texts(folder.resolve("in " + name + "/part.csv"))).as(name).containsExactly("x");
      assertThat(texts(folder.resolve("json " + name))).as(name).containsExactly("x");
      session.sql("select 'x' as text").coalesce(1).write().parquet(parquet.toString());
      assertThat(texts(parquet)).as(name).containsExactly("x");
    }
  }

  @Test
  void aColonIsTakenInFoldersAlone() throws IOException {
    write("a:b/c.csv", CSV);
    write("a:b.csv", CSV);

    assertThat(texts(folder.resolve("a:b/c.csv"))).containsExactly("x");
    assertThat(texts(folder.resolve("a:b"))).containsExactly("x");
    refuses(
        folder.resolve("a:b.csv"),
        "auto",
        "a:b.csv: Hadoop opens no file of this machine with a colon in its name: rename it");
  }

  /** Hadoop would take as much memory as it names, here 2 GiB, or wait for a pipe. */
  @Test
  void aHostileFileOfChecksumsIsNotRead() throws IOException {
    write("rows.csv", CSV);
    Path sums = folder.resolve(".rows.csv.crc");
    Files.write(sums, new byte[] {'c', 'r', 'c', 0, 0x7f, -1, -1, -1, 0, 0, 0, 0});

    refuses(
        folder.resolve("rows.csv"),
        "auto",
        "rows.csv: the file of its checksums, .rows.csv.crc, is none that Hadoop writes: delete that"
            + " file");
    Files.delete(sums);
    assertThat(texts(folder.resolve("rows.csv"))).containsExactly("x");
  }

  @Test
  void aNameThatIsNotThereIsAGlob() throws IOException {
    write("1.csv", CSV);
    write("2.csv", CSV);
    write("x[1].csv", CSV);

    assertThat(texts(folder.resolve("[12].csv"))).hasSize(2);
    assertThat(texts(folder.resolve("{1,2}.csv"))).hasSize(2);
    assertThat(texts(folder.resolve("*.csv"))).hasSize(3);
    assertThatThrownBy(() -> texts(folder.resolve("y[1].csv")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no such file or table: ");
    assertThatThrownBy(() -> texts(folder.resolve("y[1.csv"))).isInstanceOf(UserException.class);
  }

  @Test
  void saysWhenANameIsThereInAnotherUnicodeForm() throws IOException {
    write(Normalizer.normalize("caf\u00E9.csv", Normalizer.Form.NFD), CSV);

    assertThatThrownBy(() -> texts(folder.resolve("caf\u00E9.csv")))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "(a name there has these characters in another Unicode form: rename it)");
  }

  @Test
  void tablesOfALogAreNotReadByTheirFiles() throws IOException {
    String parquet = folder.resolve("delta").toString();
    session.sql("select 'x' as text, '01' as label").write().partitionBy("label").parquet(parquet);
    write("delta/_delta_log/00000000000000000000.json", "{}");
    Path part = folder.resolve("delta/label=01");
    Path iceberg = folder.resolve("iceberg");
    session.sql("select 'x' as text").write().parquet(iceberg.resolve("data").toString());
    write("iceberg/metadata/v1.metadata.json", "{}");
    session.sql("select 'x' as text").write().parquet(folder.resolve("hudi").toString());
    write("hudi/.hoodie/hoodie.properties", "");

    refuses(
        folder.resolve("delta"), "auto", "is a table of Delta, whose jar Spark does not have: set");
    refuses(folder.resolve("delta"), "delta", "SPARK_FINETUNE_CLASSPATH adds jars");
    refuses(
        folder.resolve("delta"), "parquet", "read it with data.format=delta in place of parquet");
    refuses(part, "auto", "lies in the Delta table file:" + folder + "/delta (it has _delta_log)");
    refuses(part.resolve("*.parquet"), "auto", "name the table itself");
    refuses(folder.resolve("delta/*"), "parquet", "name the table itself");
    refuses(iceberg, "auto", "is a table of Iceberg, whose jar Spark does not have: set");
    refuses(iceberg.resolve("data"), "auto", "lies in the Iceberg table");
    refuses(folder.resolve("hudi"), "auto", "is a Hudi table (it has .hoodie), which is not read");
    refuses(folder.resolve("hudi"), "parquet", "name it as a table of Spark's catalog");
    refuses(folder, "auto", "holds no files to read, but tables (delta, hudi, iceberg): name one");
    write("plain/a.csv", CSV);
    refuses(folder.resolve("plain"), "delta", "is no table of delta: there is no _delta_log in it");
  }

  @Test
  void parquetWithoutRowsIsNoData() throws IOException {
    write("marks/_SUCCESS", "");
    write("marks/_metadata", "PAR1");

    refuses(folder.resolve("marks"), "auto", "the folder holds no files to read");
  }

  private void refuses(Path path, String format, String message) {
    assertThatThrownBy(() -> DatasetReader.read(session, path.toString(), format))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  private void write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private List<String> texts(Path path) {
    return DatasetReader.read(session, path.toString(), "auto")
        .select("text")
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }
}
