package io.sparkfinetune.track;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Takes secrets out of what is written, printed or sent. */
public final class Redaction {
  private static final String STARS = "***";

  /** As Spark's own {@code spark.redaction.regex} is by default. */
  private static final Pattern SECRET_KEY =
      Pattern.compile("(?i)secret|password|token|access[.]?key");

  /** Whoever stands before the host of an address. */
  private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/\\s@]+@");

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
    for (String variable : VARIABLES) {
      String secret = System.getenv(variable);
      if (secret != null && secret.length() >= SHORTEST) {
        clean = clean.replace(secret, STARS);
      }
    }
    return clean;
  }

  /** A text whose addresses name nobody, so that they are still good for those who may. */
  public static String withoutUsers(String text) {
    return USER_INFO.matcher(text).replaceAll("");
  }

  /**
   * Values without secrets: those whose keys say that they are some, and what {@link #text} finds.
   */
  static Map<String, String> values(Map<String, String> values) {
    Map<String, String> clean = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> clean.put(key, isSecretKey(key) && !value.isEmpty() ? STARS : text(value)));
    return clean;
  }

  /** Whether what a key stands for is a secret, by its name. */
  public static boolean isSecretKey(String key) {
    // Tokens are also what texts consist of.
    return SECRET_KEY.matcher(key).find() && !key.endsWith("_tokens") && !key.contains("tokens_");
  }
}
