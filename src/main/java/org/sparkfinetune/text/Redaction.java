package org.sparkfinetune.text;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Takes secrets out of what is written, printed or sent. */
public final class Redaction {
  /** What stands where a secret was. */
  public static final String STARS = "***";

  /** Where a word of a name begins: {@code sas} in {@code azure.sas} and {@code azureSas}. */
  private static final String BEGIN = "(?-i:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))";

  private static final String END = "(?-i:(?![A-Za-z])|(?<=[a-z])(?=[A-Z]))";

  /**
   * What the keys of services are called: {@code private.key}, {@code API_KEY}, {@code accountKey}.
   */
  private static final String KEYS =
      "(?:api|access|account|private|encryption|signing|shared|storage|master|client|service|ssh"
          + "|license|subscription|auth|hmac|session|deploy|consumer|function|host|admin)"
          + "[._-]?keys?"
          + END
          + "|server[._-]side[._-]encryption[._-]key|(?-i:_KEY$)";

  /**
   * Names of secrets. A provider of credentials is a class, and tokens are also what texts consist
   * of.
   */
  private static final String NAMES =
      "secret|passw(?:or)?d|passphrase|passcode"
          + "|credential(?!s?[._-]?(?:provider|cache))"
          + "|(?<!(?:pad|unk|cls|sep|bos|eos|mask|max|min|num|per|special|next|first|last|sub)[._-]?)"
          + "token(?!s|i[sz]|[._-]?(?:type|ids?|count|class|length|level|embed|limit)"
          + END
          + ")|(?:access|api|auth|bearer|refresh|session|oauth)[._-]?tokens"
          + "|"
          + BEGIN
          + "(?:pwd|sas|jwt|pat)"
          + END
          + "|"
          + BEGIN
          + "pass$|(?-i:_AUTH$)|connection[._-]?string|conn[._-]?str"
          + END
          + "|"
          + KEYS;

  private static final Pattern SECRET_KEY = Pattern.compile("(?i)" + NAMES);

  /**
   * User and password before the host of an address; a user alone is a secret on the web, and a
   * container elsewhere, as in {@code abfss://data@account.dfs.core.windows.net}. A password may
   * hold an at sign, and, on the web, a slash: unless what is before that is a port. They are no
   * longer than tokens get, so that a long text costs what it is long.
   */
  private static final String USER_INFO =
      "(?<=://)[^/\\s\"'<>:@]{0,400}:[^/\\s\"'<>]{0,1000}@"
          + "|(?<=https?://)[^/\\s\"'<>]{1,1000}@"
          + "|(?<=https?://)[^/\\s\"'<>:@]{0,400}:(?!\\d{0,5}/)[^\\s\"'<>]{0,1000}@";

  private static final Pattern USER_INFO_PATTERN = Pattern.compile("(?i)" + USER_INFO);

  /** What an address is signed with. */
  private static final Pattern SIGNATURE =
      Pattern.compile(
          "(?i)([?&][\\w-]{0,40}(?:sig|signature|token|password|secret|api[_-]?key)=)[^&#\\s\"']+");

  /** What carries a secret whatever it is called. */
  private static final Pattern BEARER =
      Pattern.compile(
          "(?i)(\\b(?:bearer|basic) )[A-Za-z0-9+/._~=-]{12,}|(AccountKey=|SharedAccessSignature=)[^;\\s\"']+");

  /** What tokens of the Hugging Face hub look like. */
  private static final String HUB_TOKEN = "(?-i:\\bhf_(?:oauth_)?[A-Za-z0-9]{20,})";

  private static final Pattern HUB_TOKEN_PATTERN = Pattern.compile(HUB_TOKEN);

  /**
   * The same for {@code spark.redaction.regex}: what Spark finds by default, and we. Spark looks
   * for it in keys and in values.
   */
  public static final String SPARK_REGEX =
      "(?i)secret|password|token|access[.]?key|" + NAMES + "|" + USER_INFO + "|" + HUB_TOKEN;

  /** The secrets of this process that are known by their value. */
  private static final KnownSecrets KNOWN = new KnownSecrets();

  static {
    learn(System.getenv());
  }

  private Redaction() {}

  /**
   * Has the values of secrets, which their names tell, taken out of every text from now on.
   *
   * @param named settings by key, or variables by name
   */
  public static void learn(Map<String, String> named) {
    named.forEach(
        (name, value) -> {
          if (isSecretKey(name)) {
            KNOWN.add(value);
          }
        });
  }

  /** A text without known secrets and without the users and passwords of addresses. */
  public static String text(String text) {
    String clean = KNOWN.replaceIn(text);
    if (clean.indexOf('@') >= 0) {
      clean = USER_INFO_PATTERN.matcher(clean).replaceAll(STARS + "@");
    }
    clean = SIGNATURE.matcher(clean).replaceAll("$1" + STARS);
    clean = HUB_TOKEN_PATTERN.matcher(clean).replaceAll(STARS);
    return BEARER.matcher(clean).replaceAll("$1$2" + STARS);
  }

  /**
   * Values without secrets: those whose keys say that they are some, and what {@link #text} finds.
   */
  public static Map<String, String> values(Map<String, String> values) {
    Map<String, String> clean = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (key != null && value != null) {
            clean.put(key, isSecretKey(key) && isTelling(value) ? STARS : text(value));
          }
        });
    return clean;
  }

  /** Whether a value is a secret, or holds one. */
  public static boolean isSecret(String key, String value) {
    return isTelling(value) && (isSecretKey(key) || !text(value).equals(value));
  }

  /** A switch tells nothing, as of {@code spark.hadoop.fs.s3a.token.binding.enabled}. */
  private static boolean isTelling(String value) {
    return !value.isEmpty() && !value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false");
  }

  /** Whether what a key or a variable of the environment stands for is a secret, by its name. */
  public static boolean isSecretKey(String key) {
    // The working directory, to every shell.
    return SECRET_KEY.matcher(key).find() && !key.equals("PWD");
  }
}
