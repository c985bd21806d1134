package org.sparkfinetune.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.track.Tracker;

class RedactionTest {
  private static final String SPARK_KEY = "spark.redaction.regex";

  @ParameterizedTest
  @CsvSource({
    "http://ann:pw@host:5000/x, http://***@host:5000/x",
    "https://token@host, https://***@host",
    "http://ann:p@ss@host, http://***@host",
    "http://:pw@host, http://***@host",
    "http://ann:p/w@host:5000/x, http://***@host:5000/x",
    "postgresql://ann:pw@host/db, postgresql://***@host/db",
    "no route to http://ann:pw@a and http://b, no route to http://***@a and http://b",
    "asked with hf_AbcdefghijklmnopqrstuvwXYZ12 in vain, asked with *** in vain",
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
    "call hf_hub_download_of_some_file",
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.executorEnv.OPENAI_APIKEY",
        "spark.executorEnv.OPENAI_KEY",
        "spark.executorEnv.SSL_PASSPHRASE",
        "spark.kubernetes.driverEnv.HF_TOKEN",
        "spark.hadoop.fs.azure.account.key.a.dfs.core.windows.net",
        "spark.hadoop.fs.azure.sas.c.a.blob.core.windows.net",
        "spark.hadoop.fs.gs.auth.service.account.private.key",
        "spark.hadoop.fs.s3a.session.token",
        "spark.hadoop.fs.s3a.server-side-encryption.key",
        "spark.hadoop.fs.s3a.encryption.key",
        "spark.hadoop.fs.oss.accessKeySecret",
        "spark.hadoop.fs.cosn.iam.api.key",
        "spark.hadoop.fs.azure.account.oauth2.client.secret",
        "spark.hadoop.javax.jdo.option.ConnectionPassword",
        "spark.mongodb.connection.string",
        "spark.ssl.keyStorePassword",
        "AZURE_STORAGE_CONNECTION_STRING",
        "GOOGLE_CREDENTIALS",
        "REDIS_AUTH",
        "DB_PWD",
        "dbPwd",
        "SMTP_PASS",
        "api_key",
        "apiKey",
        "api-key",
        "X_SAS",
        "GITHUB_PAT",
        "access_tokens",
      })
  void namesOfSecretsAreKnown(String name) {
    assertThat(Redaction.isSecretKey(name)).isTrue();
    assertThat(new SparkConf(false).set(SPARK_KEY, Redaction.SPARK_REGEX).set(name, "v4lue"))
        .extracting(SparkConf::toDebugString)
        .asString()
        .as("what Spark shows")
        .doesNotContain("v4lue");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PWD",
        "OLDPWD",
        "TOKENIZERS_PARALLELISM",
        "model.tokenizer",
        "model.max_tokens",
        "max_token",
        "pad_token_id",
        "token_type_ids",
        "tokens_per_second",
        "num_tokens_seen",
        "SSH_ASKPASS",
        "spark.hadoop.fs.s3a.aws.credentials.provider",
        "spark.hadoop.fs.azure.account.oauth2.client.id",
        "spark.network.crypto.saslFallback",
        "data.text_column",
        "sort_key",
        "KEYBOARD",
        "first_pass_rate",
        "pattern",
        "author",
      })
  void otherNamesAreNot(String name) {
    assertThat(Redaction.isSecretKey(name)).isFalse();
  }

  @Test
  void aSwitchIsNoSecret() {
    Map<String, String> values = Map.of("spark.x.token.renewal", "true", "a.password", "short");
    assertThat(Redaction.values(values))
        .containsEntry("spark.x.token.renewal", "true")
        .containsEntry("a.password", "***");
  }

  @Test
  void whatSparkShowsHasNoUserOfAnAddress() {
    SparkConf conf = new SparkConf(false).set(SPARK_KEY, Redaction.SPARK_REGEX);
    conf.set("sun.java.command", "Main tracking.uri=https://ann:c0nfidential@host");
    conf.set("spark.master", "spark://host:7077");
    assertThat(conf.toDebugString()).doesNotContain("c0nfidential").contains("spark://host:7077");
  }

  @Test
  void valuesOfSecretsAreFoundWhereverTheyOccur() {
    Redaction.learn(
        Map.of(
            "spark.executorEnv.LEARNED_APIKEY", "k3y/with+signs",
            "learned.password", "swordfish",
            "learned.private.key", "-----BEGIN-----\nMIIEvQIBADANBgkqhkiG\n-----END-----",
            "learned.token", "true",
            "learned.pwd", "abc",
            "some.name", "no-secret-at-all"));
    assertThat(Redaction.text("a k3y/with+signs, k3y%2Fwith%2Bsigns.")).isEqualTo("a ***, ***.");
    assertThat(Redaction.text("swordfish, swordfishes")).isEqualTo("***, swordfishes");
    assertThat(Redaction.text("x MIIEvQIBADANBgkqhkiG y")).isEqualTo("x *** y");
    assertThat(Redaction.text("true abc no-secret-at-all")).isEqualTo("true abc no-secret-at-all");
    assertThat(Redaction.text("Authorization: Bearer abcdefghijklmnop"))
        .isEqualTo("Authorization: Bearer ***");
  }

  @Test
  void theNameOfARunHasNoSecret(@TempDir Path folder) throws Exception {
    Redaction.learn(Map.of("RUN_NAME_APIKEY", "k3y-of-the-run"));
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      tracker.startRun("run k3y-of-the-run", "exp k3y-of-the-run", "", Map.of());
    }
    assertThat(Files.readString(folder.resolve("journal.jsonl")))
        .contains("run ***", "exp ***")
        .doesNotContain("k3y-of-the-run");
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
