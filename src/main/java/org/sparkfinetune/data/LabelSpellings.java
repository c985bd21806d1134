package org.sparkfinetune.data;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Labels that are different strings and yet, as far as one can tell, the same label: spelled in
 * another case, Unicode form, with other white space, a {@code .0}, or damaged on their way here.
 */
final class LabelSpellings {
  private static final int CHARACTERS_SHOWN = 60;
  private static final int NUMBER_CHARACTERS = 40;

  private static final Pattern NUMBER = Pattern.compile("([+-]?)0*([0-9]+?)(?:\\.([0-9]*?)0*)?");
  private static final Pattern QUOTED = Pattern.compile("(?s)([\"'])(.+)\\1");

  /** What two spellings may differ by, in the order in which it is looked for. */
  private static final Map<String, UnaryOperator<String>> DIFFERENCES = new LinkedHashMap<>();

  static {
    DIFFERENCES.put("case", LabelSpellings::folded);
    DIFFERENCES.put("white space or invisible characters", LabelSpellings::visible);
    DIFFERENCES.put("how a number is written", LabelSpellings::number);
    DIFFERENCES.put("Unicode form", LabelSpellings::composed);
    DIFFERENCES.put("quotation marks", LabelSpellings::unquoted);
    DIFFERENCES.put("damage (UTF-8 that was read as Latin-1)", LabelSpellings::undamaged);
  }

  private final Map<String, String> byKey = new HashMap<>();
  private final Map<String, String> byLossy = new HashMap<>();

  /** The spellings of known labels, to look others up in. */
  LabelSpellings(Collection<String> known) {
    for (String label : known) {
      byKey.putIfAbsent(key(label), label);
      byLossy.putIfAbsent(lossy(label), label);
    }
  }

  /** The known label that is another one but for its spelling; empty when there is none. */
  Optional<String> alike(String label) {
    String known = byKey.get(key(label));
    boolean lost = label.indexOf('?') >= 0 || label.indexOf('\uFFFD') >= 0;
    return Optional.ofNullable(known == null && lost ? byLossy.get(lossy(label)) : known);
  }

  /** Labels that are one but for their spelling; each group has two or more, sorted. */
  static List<List<String>> groups(Collection<String> labels) {
    Map<String, List<String>> groups = new TreeMap<>();
    for (String label : labels) {
      groups.computeIfAbsent(key(label), key -> new ArrayList<>()).add(label);
    }
    List<List<String>> alike = new ArrayList<>();
    for (List<String> group : groups.values()) {
      if (group.size() > 1) {
        alike.add(group.stream().sorted().toList());
      }
    }
    alike.addAll(withQuestionMarks(labels));
    return alike;
  }

  /** A label as UTF-8 has it that was read as Latin-1 or Windows-1252; empty when it was not. */
  static Optional<String> misread(String label) {
    String mended = undamaged(label);
    return mended.equals(label) ? Optional.empty() : Optional.of(mended);
  }

  /** What two labels that are alike differ by, in words. */
  static String difference(String a, String b) {
    return DIFFERENCES.entrySet().stream()
        .filter(entry -> entry.getValue().apply(a).equals(entry.getValue().apply(b)))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(lossy(a).equals(lossy(b)) ? "letters that were lost" : "their spelling");
  }

  /** A label in quotation marks, with escapes for what one cannot see. */
  static String shown(String label) {
    StringBuilder shown = new StringBuilder("\"");
    boolean composed = Normalizer.isNormalized(label, Normalizer.Form.NFC);
    int end = Math.min(label.length(), CHARACTERS_SHOWN);
    label
        .substring(0, end)
        .codePoints()
        .forEach(
            c -> {
              boolean mark = !composed && Character.getType(c) == Character.NON_SPACING_MARK;
              if (mark || isUnseen(c) && c != ' ' || c == '\uFFFD') {
                shown.append(c < 0x10000 ? "\\u%04X".formatted(c) : "\\U%08X".formatted(c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.append(end < label.length() ? "..." : "").append('"').toString();
  }

  /**
   * Labels with question marks for letters, as a lossy conversion leaves them, with those that they
   * may have been.
   */
  private static List<List<String>> withQuestionMarks(Collection<String> labels) {
    Map<String, List<String>> byLossy = new HashMap<>();
    for (String label : labels) {
      if (label.codePoints().anyMatch(c -> c >= 128)) {
        byLossy.computeIfAbsent(lossy(label), key -> new ArrayList<>()).add(label);
      }
    }
    List<List<String>> groups = new ArrayList<>();
    labels.stream()
        .filter(label -> label.indexOf('?') >= 0 && byLossy.containsKey(lossy(label)))
        .filter(label -> label.codePoints().allMatch(c -> c < 128))
        .sorted()
        .forEach(
            label -> {
              List<String> group = new ArrayList<>(List.of(label));
              byLossy.get(lossy(label)).stream().sorted().forEach(group::add);
              groups.add(group);
            });
    return groups;
  }

  private static String lossy(String label) {
    return label.replaceAll("[^\\x00-\\x7F]", "?");
  }

  private static String key(String label) {
    String key = undamaged(label);
    key = folded(composed(visible(key)));
    return number(unquoted(key));
  }

  private static String folded(String label) {
    // Upper case first: some letters have one capital for several small ones.
    return label.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  private static String visible(String label) {
    StringBuilder visible = new StringBuilder();
    label.codePoints().filter(c -> !isUnseen(c)).forEach(visible::appendCodePoint);
    return visible.toString();
  }

  private static boolean isUnseen(int c) {
    int type = Character.getType(c);
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.SURROGATE
        || c >= 0xFE00 && c <= 0xFE0F; // variation selectors
  }

  /** NFKC, with one kind of dash and of quotation mark, and digits of one script. */
  private static String composed(String label) {
    StringBuilder composed = new StringBuilder();
    Normalizer.normalize(label, Normalizer.Form.NFKC)
        .codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              if (type == Character.DASH_PUNCTUATION || c == '\u2212') {
                composed.append('-');
              } else if (type == Character.INITIAL_QUOTE_PUNCTUATION
                  || type == Character.FINAL_QUOTE_PUNCTUATION) {
                composed.append(c == '\u2018' || c == '\u2019' ? '\'' : '"');
              } else if (type == Character.DECIMAL_DIGIT_NUMBER) {
                composed.append(Character.digit(c, 10));
              } else {
                composed.appendCodePoint(c);
              }
            });
    return composed.toString();
  }

  private static String unquoted(String label) {
    Matcher quoted = QUOTED.matcher(label);
    return quoted.matches() ? quoted.group(2) : label;
  }

  private static String number(String label) {
    Matcher number = NUMBER.matcher(label);
    if (label.length() > NUMBER_CHARACTERS || !number.matches()) {
      return label;
    }
    String fraction = number.group(3);
    return (number.group(1).equals("-") ? "-" : "")
        + number.group(2)
        + (fraction == null || fraction.isEmpty() ? "" : "." + fraction);
  }

  private static String undamaged(String label) {
    String mended = label;
    for (int times = 0; times < 3; times++) {
      Optional<String> once = readAgain(mended, Charset.forName("windows-1252"));
      once = once.isPresent() ? once : readAgain(mended, StandardCharsets.ISO_8859_1);
      if (once.isEmpty()) {
        break;
      }
      mended = once.get();
    }
    return mended;
  }

  /** What the bytes of a text are as UTF-8; empty when they are none, or all ASCII. */
  private static Optional<String> readAgain(String label, Charset as) {
    if (label.chars().allMatch(c -> c < 128)) {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = as.newEncoder().encode(CharBuffer.wrap(label));
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
