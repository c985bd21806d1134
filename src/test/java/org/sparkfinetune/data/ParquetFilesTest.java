package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.task.ProblemType;

class ParquetFilesTest {
  private static final String NANOS = "optional int64 at (TIMESTAMP(NANOS,false));";

  private final SparkSession session = TestSpark.session();
  @TempDir Path folder;

  @Test
  void columnsOfTypesThatSparkDoesNotReadAreLeftOutWhereNobodyNeedsThem() throws IOException {
    Path file = write("a.parquet", NANOS + " optional int64 clock (TIME(MICROS,true));");

    try (ExampleSplits data = prepare(file, Map.of())) {
      assertThat(data.train().count()).isEqualTo(2);
    }
    assertThatThrownBy(() -> prepare(file, Map.of("label_column", "at")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("data.train: column at of file:" + file)
        .hasMessageContaining("int64 at (TIMESTAMP(NANOS,false)), which Spark does not read")
        .hasMessageContaining("set spark.sql.legacy.parquet.nanosAsLong=true");
    assertThatThrownBy(() -> DatasetReader.read(session, file.toString(), "auto"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("which Spark does not read");
  }

  @Test
  void nanosecondsAreNumbersWhereSparkIsSetSo() throws IOException {
    Path file = write("a.parquet", NANOS);
    session.conf().set("spark.sql.legacy.parquet.nanosAsLong", "true");
    try {
      Row row = DatasetReader.read(session, file.toString(), "auto").first();
      assertThat(row.<Long>getAs("at")).isNull();
      assertThat(row.<String>getAs("text")).isEqualTo("x");
    } finally {
      session.conf().unset("spark.sql.legacy.parquet.nanosAsLong");
    }
  }

  @Test
  void filesOfOneFolderMayDifferInWhatNobodyNeeds() throws IOException {
    write("more/a.parquet", "");
    write("more/b.parquet", "optional int32 extra;");
    write("types/a.parquet", "optional int32 extra;");
    write("types/b.parquet", "optional binary extra (STRING);");
    Path more = folder.resolve("more");
    Path types = folder.resolve("types");

    assertThat(DatasetReader.read(session, more.toString(), "auto").columns())
        .containsExactly("text", "label", "extra");
    assertThat(DatasetReader.read(session, more.toString(), "auto").count()).isEqualTo(4);
    try (ExampleSplits data = prepare(types, Map.of())) {
      assertThat(data.report().splits().get(0).rowsRead()).isEqualTo(4);
    }
    assertThatThrownBy(() -> DatasetReader.read(session, types.toString(), "auto"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "column extra is of type int in file:%1$s/a.parquet and of type string in"
                + " file:%1$s/b.parquet: write both with one type",
            types);
    assertThatThrownBy(() -> prepare(more, Map.of("label_column", "extra")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.train: file:%1$s/a.parquet has no column extra, which file:%1$s/b.parquet has;"
                + " it has: text, label",
            more);
  }

  private Path write(String name, String columns) throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message rows { required binary text (STRING); required binary label (STRING); %s }"
                .formatted(columns));
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(file.toUri()))
            .withConf(new Configuration())
            .withType(schema)
            .build()) {
      SimpleGroupFactory rows = new SimpleGroupFactory(schema);
      writer.write(rows.newGroup().append("text", "x").append("label", "a"));
      writer.write(rows.newGroup().append("text", "y").append("label", "b"));
    }
    return file;
  }

  private ExampleSplits prepare(Path path, Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.putAll(Map.of("train", path.toString(), "validation_split", 0, "test_split", 0));
    return DatasetPreparation.prepare(
        session,
        Schema.of("data", DataArguments.class).create(all),
        ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }
}
