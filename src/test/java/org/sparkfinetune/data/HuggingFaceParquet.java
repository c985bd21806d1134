package org.sparkfinetune.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Parquet files with the metadata that Hugging Face datasets write. */
public final class HuggingFaceParquet {
  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          "message m { optional binary text (STRING); optional int64 label; }");

  private HuggingFaceParquet() {}

  /** Rows with texts that start with the file's name, and these labels. */
  public static String write(Path file, Map<String, String> metadata, Long... labels)
      throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(file.toUri());
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(HadoopOutputFile.fromPath(path, new Configuration()))
            .withType(SCHEMA)
            .withExtraMetaData(metadata)
            .build()) {
      for (int i = 0; i < labels.length; i++) {
        Group row = new SimpleGroup(SCHEMA).append("text", file.getFileName() + " " + i);
        writer.write(labels[i] == null ? row : row.append("label", labels[i]));
      }
    }
    return file.toString();
  }

  /** The metadata of a column {@code label}, whose feature is given as JSON. */
  public static Map<String, String> feature(String label) {
    return Map.of(
        "huggingface",
        "{\"info\": {\"features\": {\"text\": {\"dtype\": \"string\", \"_type\": \"Value\"},"
            + " \"label\": "
            + label
            + "}}}");
  }

  /** The feature of these names. */
  public static String classLabel(String... names) {
    return "{\"names\": [\"" + String.join("\", \"", names) + "\"], \"_type\": \"ClassLabel\"}";
  }
}
