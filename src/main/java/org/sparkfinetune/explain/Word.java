package org.sparkfinetune.explain;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.tokenize.AlignedEncoding;
import org.sparkfinetune.tokenize.TokenSpan;

/**
 * A word of a text as its tokens make it: tokens that overlap, or touch between two letters or
 * digits, are of one word. Letters of scripts without spaces between words do not join: there each
 * token is a word.
 *
 * @param sequence 0 for the first text, 1 for the second one of a pair
 * @param begin its first character, as Java counts them
 * @param end behind its last one
 * @param tokens the places of its tokens in the row; empty where the model has not seen it, as the
 *     text was cut before it
 */
record Word(int sequence, int begin, int end, List<Integer> tokens) {
  private static final Pattern UNSEEN = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+|\\S");

  private static final Set<UnicodeScript> WITHOUT_SPACES =
      Set.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.THAI,
          UnicodeScript.LAO,
          UnicodeScript.KHMER,
          UnicodeScript.MYANMAR,
          UnicodeScript.TIBETAN);

  private static final int MARKS =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK;

  /**
   * The words of a row in their order, those that were cut off among them.
   *
   * @param texts the text, or the two of a pair
   */
  static List<Word> of(AlignedEncoding row, List<String> texts) {
    List<Word> words = new ArrayList<>();
    for (int sequence = 0; sequence < texts.size(); sequence++) {
      String text = texts.get(sequence);
      List<Word> seen = seen(row.spans(), sequence, text);
      int first = seen.isEmpty() ? text.length() : seen.get(0).begin();
      int last = seen.isEmpty() ? text.length() : seen.get(seen.size() - 1).end();
      boolean cut = row.encoding().truncated();
      words.addAll(cut ? unseen(sequence, text, 0, first) : List.of());
      words.addAll(seen);
      words.addAll(cut ? unseen(sequence, text, last, text.length()) : List.of());
    }
    return words;
  }

  private static List<Word> seen(List<TokenSpan> spans, int sequence, String text) {
    List<Word> words = new ArrayList<>();
    // Those that stand for white space alone: of the word that follows, if one does.
    List<Integer> blank = new ArrayList<>();
    for (int token = 0; token < spans.size(); token++) {
      TokenSpan span = spans.get(token);
      if (span.sequence() != sequence) {
        continue;
      }
      int begin = span.begin();
      int end = span.end();
      while (begin < end && Character.isWhitespace(text.charAt(begin))) {
        begin++;
      }
      while (begin < end && Character.isWhitespace(text.charAt(end - 1))) {
        end--;
      }
      if (begin == end) {
        blank.add(token);
        continue;
      }
      Word last = words.isEmpty() ? null : words.get(words.size() - 1);
      boolean goesOn =
          last != null
              && (begin < last.end || begin == last.end && blank.isEmpty() && joins(text, begin));
      if (goesOn) {
        words.set(words.size() - 1, last.with(blank, token, Math.max(last.end, end)));
      } else {
        words.add(new Word(sequence, begin, end, List.of()).with(blank, token, end));
      }
      blank.clear();
    }
    if (!words.isEmpty()) {
      Word last = words.get(words.size() - 1);
      List<Integer> tokens = new ArrayList<>(last.tokens);
      tokens.addAll(blank);
      words.set(words.size() - 1, new Word(sequence, last.begin, last.end, tokens));
    }
    return words;
  }

  private Word with(List<Integer> blank, int token, int newEnd) {
    List<Integer> more = new ArrayList<>(tokens);
    more.addAll(blank);
    more.add(token);
    return new Word(sequence, begin, newEnd, more);
  }

  private static List<Word> unseen(int sequence, String text, int from, int to) {
    List<Word> words = new ArrayList<>();
    Matcher matcher = UNSEEN.matcher(text).region(from, to);
    while (matcher.find()) {
      words.add(new Word(sequence, matcher.start(), matcher.end(), List.of()));
    }
    return words;
  }

  /** Whether what stands before a place and what stands behind it are of one word. */
  private static boolean joins(String text, int at) {
    return isLetter(text.codePointBefore(at)) && isLetter(text.codePointAt(at));
  }

  private static boolean isLetter(int character) {
    return Character.isLetterOrDigit(character)
            && !WITHOUT_SPACES.contains(UnicodeScript.of(character))
        || (MARKS >> Character.getType(character) & 1) == 1;
  }
}
