package org.sparkfinetune.slice;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words of a text: letters, marks and digits that stand together, with apostrophes within them.
 * In scripts without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) each character is one.
 */
public final class Words {
  private static final String ALONE =
      "\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsThai}\\p{IsLao}\\p{IsKhmer}\\p{IsMyanmar}";

  private static final String LETTER = "[\\p{L}\\p{N}\\p{M}&&[^" + ALONE + "]]";

  private static final Pattern WORD =
      Pattern.compile("[" + ALONE + "]\\p{M}*|" + LETTER + "+(?:['\u2019]" + LETTER + "+)*");

  private Words() {}

  /** The words in their order, in lower case. */
  public static List<String> of(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.add(matcher.group().toLowerCase(Locale.ROOT));
    }
    return words;
  }

  /** How many words a text has. */
  public static int count(String text) {
    int words = 0;
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words++;
    }
    return words;
  }
}
