package io.sparkfinetune.track;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Takes secrets out of what is written, printed or sent. */
public final class Redaction {
  /** What stands where a secret was. */
  public static final String STARS = "***";

  /**
   * As Spark's own {@code spark.redaction.regex} is by default, and what the file systems of clouds
   * call theirs.
   */
  private static final Pattern SECRET_KEY =
      Pattern.compile(
          "(?i)secret|password|token|access[.]?key|account[.]?key|private[.]?key|[.]sas[.]");

  /**
   * User and password before the host of an address; a user alone is a secret on the web, and a
   * container elsewhere, as in {@code abfss://data@account.dfs.core.windows.net}. A password may
   * hold an at sign, and, on the web, a slash: unless what is before that is a port.
   */
  private static final Pattern USER_INFO =
      Pattern.compile(
          "(?i)(?<=://)[^/\\s\"'<>:@]*:[^/\\s\"'<>]*@|(?<=https?://)[^/\\s\"'<>]+@"
              + "|(?<=https?://)[^/\\s\"'<>:@]*:(?!\\d*/)[^\\s\"'<>]*@");

  /** What an address is signed with. */
  private static final Pattern SIGNATURE =
      Pattern.compile("(?i)([?&][\\w-]{0,40}(?:sig|signature|token|password|secret)=)[^&#\\s\"']+");

  private static final String[] VARIABLES = {
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "DATABRICKS_TOKEN",
    "DATABRICKS_CLIENT_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN"
  };

  /** A secret that is shorter would also stand for other things. */
  private static final int SHORTEST = 4;

  private Redaction() {}

  /** A text without known secrets and without the users and passwords of addresses. */
  public static String text(String text) {
    String clean = USER_INFO.matcher(text).replaceAll(STARS + "@");
    clean = SIGNATURE.matcher(clean).replaceAll("$1" + STARS);
    for (String variable : VARIABLES) {
      String secret = System.getenv(variable);
      if (secret != null && secret.length() >= SHORTEST) {
        clean = clean.replace(secret, STARS);
      }
    }
    return clean;
  }

  /**
   * Values without secrets: those whose keys say that they are some, and what {@link #text} finds.
   */
  static Map<String, String> values(Map<String, String> values) {
    Map<String, String> clean = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (key != null && value != null) {
            clean.put(key, isSecretKey(key) && !value.isEmpty() ? STARS : text(value));
          }
        });
    return clean;
  }

  /** Whether a value is a secret, or holds one. */
  public static boolean isSecret(String key, String value) {
    return !value.isEmpty() && (isSecretKey(key) || !text(value).equals(value));
  }

  /** Whether what a key stands for is a secret, by its name. */
  public static boolean isSecretKey(String key) {
    // Tokens are also what texts consist of.
    return SECRET_KEY.matcher(key).find() && !key.endsWith("_tokens") && !key.contains("tokens_");
  }
}
