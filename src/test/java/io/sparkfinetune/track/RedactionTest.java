package io.sparkfinetune.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkfinetune.ChildJvm;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactionTest {
  @ParameterizedTest
  @CsvSource({
    "http://ann:pw@host:5000/x, http://***@host:5000/x",
    "https://token@host, https://***@host",
    "http://ann:p@ss@host, http://***@host",
    "http://:pw@host, http://***@host",
    "http://ann:p/w@host:5000/x, http://***@host:5000/x",
    "postgresql://ann:pw@host/db, postgresql://***@host/db",
    "no route to http://ann:pw@a and http://b, no route to http://***@a and http://b",
    "https://b.blob.core.windows.net/c?sv=1&sig=abc%3D&se=2, https://b.blob.core.windows.net/c?sv=1&sig=***&se=2",
    "https://b.s3.amazonaws.com/c?X-Amz-Signature=abc, https://b.s3.amazonaws.com/c?X-Amz-Signature=***",
  })
  void whoMayUseAnAddressIsNoPartOfIt(String text, String expected) {
    assertThat(Redaction.text(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "abfss://data@account.dfs.core.windows.net/train.csv",
    "wasbs://data@account.blob.core.windows.net:443/x",
    "hdfs://ann@namenode:8020/x",
    "s3a://bucket/a@b",
    "http://host:5000/a@b",
    "write to ann@example.com",
    "spark://host:7077",
    "jdbc:h2:mem:x",
  })
  void otherAddressesStayWhole(String text) {
    assertThat(Redaction.text(text)).isEqualTo(text);
  }

  @Test
  void valuesOfSecretKeysAreLeftOut() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("spark.hadoop.fs.s3a.secret.key", "x1");
    values.put("spark.hadoop.fs.s3a.access.key", "x2");
    values.put("spark.hadoop.fs.azure.account.key.a.dfs.core.windows.net", "x3");
    values.put("spark.hadoop.fs.azure.sas.c.a.blob.core.windows.net", "x4");
    values.put("Database_Password", "x5");
    values.put("hf_token", "x6");
    assertThat(Redaction.values(values).values()).containsOnly("***");
    Map<String, String> others =
        Map.of(
            "model.max_tokens", "12",
            "num_tokens_seen", "3",
            "spark.hadoop.fs.s3a.aws.credentials.provider", "org.example.Provider",
            "empty.secret", "");
    assertThat(Redaction.values(others)).isEqualTo(others);
  }

  /** Prints what is left of a text that holds the secrets of its environment. */
  static final class Printer {
    public static void main(String[] arguments) {
      System.out.println("left: " + Redaction.text(arguments[0]));
    }
  }

  @Test
  void secretsOfTheEnvironmentAreFoundAnywhere(@TempDir Path folder) throws Exception {
    Map<String, String> environment =
        Map.of("MLFLOW_TRACKING_TOKEN", "tok+1", "MLFLOW_TRACKING_PASSWORD", "pass$2");
    assertThat(
            ChildJvm.run(
                Printer.class, List.of(), List.of("a tok+1b, {pass$2} c"), environment, folder))
        .contains("left: a ***b, {***} c");
  }
}
