package org.sparkfinetune.tokenize;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.UserException;

/**
 * A regular expression of a normalizer or pre-tokenizer, as Oniguruma reads it. That goes back and
 * forth in a text and gives up after ten million steps, which ends the JVM. So a pattern is one of
 * those of public models, or it is of a form whose steps are at most some times the text's length:
 *
 * <ul>
 *   <li>what is repeated is one character, or a group of a fixed length without alternatives;
 *   <li>before anything that may fail there is at most one repetition without an upper bound, those
 *       not counted that are followed by a character which they do not match;
 *   <li>the other choices before that, {@code ?} and {@code {1,3}} and alternatives, multiply to no
 *       more than {@link #MAX_CHOICES}.
 * </ul>
 *
 * <p>References to groups, calls, conditions and what else can go back further are refused.
 */
final class TokenizerPattern {
  private static final int MAX_LENGTH = 2_000;
  private static final int MAX_CHOICES = 64;
  private static final int MAX_DEPTH = 20;
  private static final int MAX_BEHIND = 20;

  /** Repetitions of a fixed or bounded number; native code writes some of them out. */
  private static final int MAX_REPEATS = 1_000;

  private static final Pattern BRACES =
      Pattern.compile("\\{(?=[\\d,]*\\d)(\\d{0,6})(,\\d{0,6})?\\}");
  private static final Pattern GROUP =
      Pattern.compile("\\?(?:[:=!>]|<=|<!|<[A-Za-z_]\\w*>|[im]+:)");

  /** Escapes that have an argument, by their letter. */
  private static final Map<Integer, Pattern> ARGUMENTS =
      Map.of(
          (int) 'p', Pattern.compile("\\{\\^?[\\w ]+\\}"),
          (int) 'P', Pattern.compile("\\{\\^?[\\w ]+\\}"),
          (int) 'x', Pattern.compile("[0-9A-Fa-f]{2}|\\{[0-9A-Fa-f]{1,6}\\}"),
          (int) 'u', Pattern.compile("[0-9A-Fa-f]{4}"));

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Of GPT-2, GPT-4 and GPT-4o, which most models took: linear in the text's length. */
  private static final Set<String> PUBLIC =
      Set.of(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          CONTRACTIONS
              + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
              + SPACES,
          CONTRACTIONS
              + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
              + SPACES,
          "[^\\r\\n\\p{L}\\p{N}]?"
              + UPPER
              + "*"
              + LOWER
              + "+"
              + CONTRACTIONS
              + "?|[^\\r\\n\\p{L}\\p{N}]?"
              + UPPER
              + "+"
              + LOWER
              + "*"
              + CONTRACTIONS
              + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
              + SPACES);

  private final TokenizerValue value;
  private final String pattern;
  private final boolean ignoresCase;
  private int at;

  private TokenizerPattern(TokenizerValue value) {
    this.value = value;
    this.pattern = value.text();
    this.ignoresCase = pattern.contains("(?i");
  }

  /**
   * Checks a pattern.
   *
   * @param consumes whether a match must have a character at least
   * @return whether a text may cost the square of its length
   * @throws UserException when it is of no supported form
   */
  static boolean check(TokenizerValue value, boolean consumes) {
    TokenizerPattern parser = new TokenizerPattern(value);
    if (PUBLIC.contains(parser.pattern)) {
      return false;
    }
    value.require(parser.pattern.length() <= MAX_LENGTH, "at most 2,000 characters belong");
    parser.skip("(?i)");
    PatternPart whole = parser.alternatives(0);
    if (parser.at < parser.pattern.length()) {
      throw parser.unsupported("a ) that closes nothing");
    }
    if (consumes && whole.least() == 0) {
      throw parser.unsupported("matches of no character");
    }
    if (whole.within().unbounded() > 1 || whole.within().choices() > MAX_CHOICES) {
      throw parser.unsupported("too many ways to match");
    }
    return whole.within().unbounded() > 0;
  }

  private UserException unsupported(String what) {
    return TokenizerErrors.notATokenizer(
        "%s is %s, a pattern with %s (near character %d), which is not run, as some texts would never end"
            .formatted(value.key(), value.shown(), what, at),
        null);
  }

  private boolean has(String text) {
    return pattern.startsWith(text, at);
  }

  private boolean skip(String text) {
    boolean there = has(text);
    at += there ? text.length() : 0;
    return there;
  }

  private PatternPart alternatives(int depth) {
    if (depth > MAX_DEPTH) {
      throw unsupported("groups in groups over " + MAX_DEPTH + " deep");
    }
    PatternPart all = sequence(depth);
    while (skip("|")) {
      all = all.or(sequence(depth));
    }
    return all;
  }

  private PatternPart sequence(int depth) {
    List<PatternPart> parts = new ArrayList<>();
    while (at < pattern.length() && !has("|") && !has(")")) {
      parts.add(quantified(depth));
    }
    return PatternPart.sequence(parts, ignoresCase);
  }

  private PatternPart quantified(int depth) {
    PatternPart part = atom(depth);
    int start = at;
    int[] times = times();
    if (times == null) {
      return part;
    }
    boolean braces = pattern.charAt(start) == '{';
    boolean lazy = skip("?");
    boolean possessive = !braces && !lazy && skip("+");
    if (times() != null) {
      throw unsupported("a repetition that is repeated");
    }
    // Oniguruma reads a{3}? as (?:a{3})?
    int least = braces && lazy ? 0 : times[0];
    if (times[1] != 1 && !part.repeats()) {
      throw unsupported("a repeated group of several lengths or alternatives");
    }
    long most =
        times[1] == PatternPart.NO_BOUND ? PatternPart.NO_BOUND : (long) part.most() * times[1];
    if (most != PatternPart.NO_BOUND && part.most() != PatternPart.NO_BOUND && most > MAX_REPEATS) {
      throw unsupported("over " + MAX_REPEATS + " repetitions");
    }
    return part.repeated(least, times[1], possessive);
  }

  /** The least and most repetitions that are asked for here; null for no quantifier. */
  private int[] times() {
    if (skip("*")) {
      return new int[] {0, PatternPart.NO_BOUND};
    }
    if (skip("+")) {
      return new int[] {1, PatternPart.NO_BOUND};
    }
    if (skip("?")) {
      return new int[] {0, 1};
    }
    Matcher matcher = BRACES.matcher(pattern).region(at, pattern.length());
    if (!matcher.lookingAt()) {
      return null;
    }
    at = matcher.end();
    int least = matcher.group(1).isEmpty() ? 0 : Integer.parseInt(matcher.group(1));
    int most = least;
    if (matcher.group(2) != null) {
      String bound = matcher.group(2).substring(1);
      most = bound.isEmpty() ? PatternPart.NO_BOUND : Integer.parseInt(bound);
    }
    if (least > MAX_REPEATS || most < least || most > MAX_REPEATS && most != PatternPart.NO_BOUND) {
      throw unsupported("over " + MAX_REPEATS + " repetitions, or less than none");
    }
    return new int[] {least, most};
  }

  private PatternPart atom(int depth) {
    int start = at;
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    return switch (c) {
      case '\\' -> escape(start);
      case '[' -> {
        set(0);
        yield PatternPart.character(pattern.substring(start, at), -1);
      }
      case '(' -> group(depth);
      case '.' -> PatternPart.character(".", -1);
      case '^', '$' -> PatternPart.place();
      case '*', '+', '?' -> throw unsupported("a repetition of nothing");
      case '{' -> {
        at = start;
        if (times() != null) {
          throw unsupported("a repetition of nothing");
        }
        at = start + 1;
        yield PatternPart.character("\\{", c);
      }
      default -> PatternPart.character(Pattern.quote(Character.toString(c)), c);
    };
  }

  private PatternPart escape(int start) {
    if (at == pattern.length()) {
      throw unsupported("a \\ at its end");
    }
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    String text = pattern.substring(start, at);
    if ("dDwWsShH".indexOf(c) >= 0) {
      return PatternPart.character(text, -1);
    }
    if ("nrtfvae".indexOf(c) >= 0) {
      return PatternPart.character(text, -1);
    }
    if ("bBAzZ".indexOf(c) >= 0) {
      return PatternPart.place();
    }
    Pattern argument = ARGUMENTS.get(c);
    if (argument != null) {
      Matcher matcher = argument.matcher(pattern).region(at, pattern.length());
      if (matcher.lookingAt()) {
        at = matcher.end();
        return PatternPart.character(pattern.substring(start, at), -1);
      }
    } else if (!Character.isLetterOrDigit(c)) {
      return PatternPart.character(Pattern.quote(Character.toString(c)), c);
    }
    throw unsupported(TokenizerValue.shown(text));
  }

  /** To the end of a set that has begun. */
  private void set(int depth) {
    skip("^");
    if (has("]") || depth > MAX_DEPTH) {
      throw unsupported("a set that begins with ] or is nested deeply");
    }
    while (!skip("]")) {
      if (at == pattern.length()) {
        throw unsupported("a set without an end");
      }
      if (skip("[")) {
        set(depth + 1);
      } else {
        at += has("\\") ? 1 : 0;
        at = Math.min(pattern.length(), at + 1);
      }
    }
  }

  private PatternPart group(int depth) {
    boolean looks = has("?=") || has("?!") || has("?<=") || has("?<!");
    boolean behind = has("?<=") || has("?<!");
    boolean atomic = has("?>");
    Matcher start = GROUP.matcher(pattern).region(at, pattern.length());
    if (start.lookingAt()) {
      at = start.end();
    } else if (has("?") || has("*")) {
      throw unsupported("a group of this kind");
    }
    PatternPart inner = alternatives(depth + 1);
    if (!skip(")")) {
      throw unsupported("a group without an end");
    }
    if (behind && inner.most() > MAX_BEHIND) {
      throw unsupported("a look back over more than " + MAX_BEHIND + " characters");
    }
    if (looks) {
      return PatternPart.place(inner);
    }
    return inner.grouped(atomic);
  }
}
