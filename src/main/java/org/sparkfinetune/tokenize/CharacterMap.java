package org.sparkfinetune.tokenize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import org.sparkfinetune.UserException;

/**
 * The {@code precompiled_charsmap} of SentencePiece, in Base64: the size in bytes of a double-array
 * trie, its units of four bytes (all little-endian), and what characters are replaced by, each
 * ended by a zero byte. The trie leads from the bytes of characters to offsets of replacements.
 *
 * <p>Native code follows it without a look at its bounds; so every step that a text can take is
 * taken here before.
 */
final class CharacterMap {
  /** Bytes. Those of public models have 250,000. */
  private static final int MAX_SIZE = 1 << 22;

  /** Bytes. The longest that Unicode's compatibility forms have are 33. */
  private static final int MAX_REPLACEMENT = 64;

  private final TokenizerValue value;
  private final int[] units;
  private final byte[] replacements;

  private CharacterMap(TokenizerValue value, int[] units, byte[] replacements) {
    this.value = value;
    this.units = units;
    this.replacements = replacements;
  }

  /**
   * Checks that native code can read and follow it.
   *
   * @throws UserException when it cannot
   */
  static void check(TokenizerValue value) {
    value.require(value.node().isTextual(), "a text belongs");
    String text = value.node().textValue();
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw value.wrong("Base64 belongs");
    }
    // Java's decoder takes what is not padded, or is padded with other bits; native code does not.
    value.require(Base64.getEncoder().encodeToString(bytes).equals(text), "Base64 belongs");
    value.require(bytes.length <= MAX_SIZE, "at most " + MAX_SIZE + " bytes belong");
    value.require(bytes.length > Integer.BYTES, "SentencePiece's map of characters belongs");
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int size = buffer.getInt();
    if (size < Integer.BYTES || size % Integer.BYTES != 0 || size > buffer.remaining()) {
      throw damaged(
          value, "its trie has %,d bytes of %,d".formatted(size & 0xFFFFFFFFL, buffer.remaining()));
    }
    int[] units = new int[size / Integer.BYTES];
    buffer.asIntBuffer().get(units);
    byte[] replacements = Arrays.copyOfRange(bytes, Integer.BYTES + size, bytes.length);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
    } catch (CharacterCodingException e) {
      throw damaged(value, "its replacements are not UTF-8");
    }
    new CharacterMap(value, units, replacements).checkTrie();
  }

  private void checkTrie() {
    BitSet seen = new BitSet(units.length);
    Deque<Integer> open = new ArrayDeque<>();
    visit(0, false, seen, open);
    while (!open.isEmpty()) {
      int position = open.pop();
      for (int label = 1; label <= 0xFF; label++) {
        int next = position ^ label;
        requireUnit(next);
        if ((units[next] & 0x800000FF) == label) {
          visit(next, (units[next] >>> 8 & 1) == 1, seen, open);
        }
      }
    }
  }

  /** The unit of a byte that is in the trie: where the next bytes are looked for. */
  private void visit(int unit, boolean leaf, BitSet seen, Deque<Integer> open) {
    long bits = units[unit] & 0xFFFFFFFFL;
    long position = unit ^ ((bits >>> 10) << ((bits & 1 << 9) >>> 6));
    requireUnit(position);
    if (leaf) {
      requireReplacement(units[(int) position] & 0x7FFFFFFF);
    }
    if (!seen.get((int) position)) {
      seen.set((int) position);
      open.push((int) position);
    }
  }

  private void requireUnit(long position) {
    if (position >= units.length) {
      throw damaged(
          value, "its trie of %,d units leads to unit %,d".formatted(units.length, position));
    }
  }

  private void requireReplacement(int offset) {
    boolean starts = offset <= replacements.length;
    if (starts && offset < replacements.length) {
      // Not within a character of several bytes.
      starts = (replacements[offset] & 0xC0) != 0x80;
    }
    if (!starts) {
      throw damaged(
          value,
          "its trie leads to byte %,d of replacements that have %,d"
              .formatted(offset, replacements.length));
    }
    int end = offset;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
      if (end - offset > MAX_REPLACEMENT) {
        throw damaged(
            value, "it replaces a character by over " + MAX_REPLACEMENT + " bytes of others");
      }
    }
  }

  private static UserException damaged(TokenizerValue value, String reason) {
    return TokenizerErrors.notATokenizer(value.key() + " is no map of characters: " + reason, null);
  }
}
