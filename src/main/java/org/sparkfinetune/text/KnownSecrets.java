package org.sparkfinetune.text;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Values that are secrets, wherever they occur. Thread-safe. */
final class KnownSecrets {
  /** One that is shorter would also stand for other things. */
  private static final int SHORTEST = 4;

  /** The same for a word or a number. */
  private static final int SHORTEST_WORD = 6;

  /** A word or a number that is shorter counts where it stands alone. */
  private static final int LONG_WORD = 12;

  /** The same for a line of several, as of a private key. */
  private static final int SHORTEST_LINE = 16;

  /** Words that settings consist of. */
  private static final Set<String> COMMON =
      Set.of("default", "enabled", "disabled", "required", "optional", "kerberos", "simple");

  /** Expressions, the longest first: a secret may be a part of another. */
  private final Set<String> expressions =
      new TreeSet<>(
          Comparator.comparingInt(String::length)
              .reversed()
              .thenComparing(Comparator.naturalOrder()));

  private volatile Pattern pattern;

  /** Adds a value, unless too many other things would be taken for it. */
  synchronized void add(String value) {
    String secret = value.strip();
    if (secret.lines().count() > 1) {
      secret.lines().map(String::strip).filter(this::isKeyLine).forEach(this::expression);
    } else if (isTelling(secret)) {
      expression(secret);
      // As it stands in addresses.
      String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
      expression(encoded);
      expression(encoded.replace("+", "%20"));
    }
    pattern =
        expressions.isEmpty()
            ? null
            : Pattern.compile(expressions.stream().collect(Collectors.joining("|")));
  }

  /** Of several lines those that are a key, or a field of one; not what announces it. */
  private boolean isKeyLine(String line) {
    return line.length() >= SHORTEST_LINE && !line.startsWith("-----");
  }

  private void expression(String secret) {
    boolean word = secret.length() < LONG_WORD && secret.matches("[\\p{L}\\d]+");
    String quoted = Pattern.quote(secret);
    expressions.add(word ? "(?<![\\p{L}\\d])" + quoted + "(?![\\p{L}\\d])" : quoted);
  }

  private static boolean isTelling(String secret) {
    boolean word = secret.matches("\\p{L}+|\\d+");
    return secret.length() >= (word ? SHORTEST_WORD : SHORTEST)
        && !COMMON.contains(secret)
        && !isPlace(secret);
  }

  /** A file or a folder is where a secret lies, and none. */
  private static boolean isPlace(String secret) {
    try {
      return secret.startsWith("/") && Files.exists(Path.of(secret));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  String replaceIn(String text) {
    Pattern known = pattern;
    return known == null ? text : known.matcher(text).replaceAll(Redaction.STARS);
  }
}
