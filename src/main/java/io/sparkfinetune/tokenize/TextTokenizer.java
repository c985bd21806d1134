package io.sparkfinetune.tokenize;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.sparkfinetune.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Hugging Face's own tokenizer (the Rust library), built from the text of a {@code tokenizer.json}.
 *
 * <p>Special tokens are added, texts over {@code max_length} are truncated, nothing is padded;
 * truncation and padding that the file itself carries do not count, except for the side that
 * truncation cuts off, as in Hugging Face's {@code PreTrainedTokenizerFast}.
 *
 * <p>Thread-safe. It holds native memory until it is closed: some 8 MB for a vocabulary of 30,000
 * tokens.
 */
public final class TextTokenizer implements AutoCloseable {
  /**
   * The characters of one native call, more or less. The tokenizer holds about 100 bytes a token
   * for the whole of each text, truncated or not, so this bounds what a list of long documents
   * takes (to some tens of megabytes) and still fills every core.
   */
  private static final int CHARACTERS_PER_CALL = 1 << 20;

  private final long handle;
  private final int maxLength;
  private final int padTokenId;
  private final int vocabSize;

  /** Read: the native tokenizer is in use. Write: it is being freed. */
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private int pairSpecialTokens;
  private boolean closed;

  private TextTokenizer(long handle, TokenizerJson json, int maxLength) {
    this.handle = handle;
    this.maxLength = maxLength;
    this.padTokenId = json.padTokenId();
    this.vocabSize = json.vocabSize();
  }

  /**
   * Builds a tokenizer; touches neither network nor file system, except that the first one in a JVM
   * unpacks the native library to DJL's cache ({@code ~/.djl.ai}, or the temporary folder where the
   * home is not writable; the environment's {@code DJL_CACHE_DIR} moves it).
   *
   * @param tokenizerJson the text of a {@code tokenizer.json}
   * @param maxLength the most tokens of a text, special tokens included
   * @throws UserException when the text is no tokenizer, or {@code maxLength} leaves no room beside
   *     the special tokens of a single text
   */
  public static TextTokenizer of(String tokenizerJson, int maxLength) {
    TokenizerJson json = TokenizerJson.parse(tokenizerJson);
    long handle;
    try {
      handle = Native.LIB.createTokenizerFromString(tokenizerJson);
    } catch (RuntimeException e) {
      throw TokenizerJson.notATokenizer(e.getMessage(), e);
    }
    TextTokenizer tokenizer = new TextTokenizer(handle, json, maxLength);
    try {
      tokenizer.configure();
      return tokenizer;
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }

  /**
   * The texts as token ids, in their order. The texts of a call are shared among the machine's
   * cores, so a few hundred at once are faster than one by one.
   *
   * <p>A surrogate without its partner, which no UTF-8 text can hold, counts as U+FFFD.
   *
   * @throws IllegalStateException when the tokenizer is closed
   */
  public List<Encoding> encode(List<String> texts) {
    List<Encoding> encodings = new ArrayList<>(texts.size());
    List<String> call = new ArrayList<>(texts.size());
    long characters = 0;
    for (String text : texts) {
      call.add(wellFormed(Objects.requireNonNull(text, "text")));
      characters += text.length();
      if (characters >= CHARACTERS_PER_CALL) {
        encodeCall(call, null, encodings);
        call.clear();
        characters = 0;
      }
    }
    encodeCall(call, null, encodings);
    return encodings;
  }

  /**
   * Pairs of texts as token ids, in their order: {@code [CLS] A [SEP] B [SEP]} for BERT. A pair
   * over {@code max_length} loses tokens of the longer text first, as by Hugging Face's {@code
   * truncation=True} ({@code longest_first}).
   *
   * @param texts the first texts
   * @param pairs the second texts, as many
   * @throws UserException when {@code max_length} leaves no room beside a pair's special tokens
   * @throws IllegalStateException when the tokenizer is closed
   */
  public List<Encoding> encodePairs(List<String> texts, List<String> pairs) {
    if (texts.size() != pairs.size()) {
      throw new IllegalArgumentException(
          texts.size() + " first texts, " + pairs.size() + " second ones");
    }
    requireRoom(pairSpecialTokens, "a pair of texts");
    List<Encoding> encodings = new ArrayList<>(texts.size());
    List<String> first = new ArrayList<>(texts.size());
    List<String> second = new ArrayList<>(texts.size());
    long characters = 0;
    for (int i = 0; i < texts.size(); i++) {
      first.add(wellFormed(Objects.requireNonNull(texts.get(i), "text")));
      second.add(wellFormed(Objects.requireNonNull(pairs.get(i), "pair")));
      characters += texts.get(i).length() + pairs.get(i).length();
      if (characters >= CHARACTERS_PER_CALL) {
        encodeCall(first, second, encodings);
        first.clear();
        second.clear();
        characters = 0;
      }
    }
    encodeCall(first, second, encodings);
    return encodings;
  }

  /** The id that fills unused places of a batch; 0 where the tokenizer names none. */
  public int padTokenId() {
    return padTokenId;
  }

  /** The largest token id plus one: the rows that an embedding table must have. */
  public int vocabSize() {
    return vocabSize;
  }

  /** Frees the native memory, once running calls are done. Closing again does nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        Native.LIB.deleteTokenizer(handle);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void configure() {
    Native.LIB.disablePadding(handle);
    // Not disableTruncation: that would forget the side. An empty text is its special tokens.
    setTruncation(Integer.MAX_VALUE);
    int specialTokens = encode(List.of("")).get(0).inputIds().length;
    if (specialTokens == 0) {
      throw TokenizerJson.notATokenizer(
          "it adds no special tokens to a text (its post_processor is missing?), so that a blank"
              + " text would have no tokens at all",
          null);
    }
    List<Encoding> pair = new ArrayList<>();
    encodeCall(List.of(""), List.of(""), pair);
    pairSpecialTokens = pair.get(0).inputIds().length;
    requireRoom(specialTokens, "each text");
    setTruncation(maxLength);
  }

  /** The library itself would stop truncating here, without a word. */
  private void requireRoom(int specialTokens, String what) {
    if (maxLength <= specialTokens) {
      throw new UserException(
          "max_length is %d, and the tokenizer adds %d special tokens to %s. Set it to %d or more."
              .formatted(maxLength, specialTokens, what, specialTokens + 1));
    }
  }

  private void setTruncation(int length) {
    Native.LIB.setTruncation(handle, length, "LONGEST_FIRST", 0);
  }

  /** Encodes texts, or with {@code pairs} pairs of them, in one native call. */
  private void encodeCall(List<String> texts, List<String> pairs, List<Encoding> results) {
    if (texts.isEmpty()) {
      return;
    }
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("The tokenizer is closed");
      }
      // The encodings hold copies, so they outlive neither the lock nor this call.
      String[] first = texts.toArray(String[]::new);
      long[] encodings =
          pairs == null
              ? Native.LIB.batchEncode(handle, first, true)
              : Native.LIB.batchEncodePair(handle, first, pairs.toArray(String[]::new), true);
      try {
        for (long encoding : encodings) {
          int[] inputIds = toInts(Native.LIB.getTokenIds(encoding));
          int typeOneStart =
              pairs == null ? inputIds.length : typeOneStart(Native.LIB.getTypeIds(encoding));
          results.add(
              new Encoding(inputIds, typeOneStart, Native.LIB.getOverflowCount(encoding) > 0));
        }
      } finally {
        for (long encoding : encodings) {
          Native.LIB.deleteEncoding(encoding);
        }
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  private static int typeOneStart(long[] typeIds) {
    int start = 0;
    while (start < typeIds.length && typeIds[start] == 0) {
      start++;
    }
    for (int i = start; i < typeIds.length; i++) {
      if (typeIds[i] != 1) {
        throw TokenizerJson.notATokenizer(
            "it gives the tokens of a pair the types "
                + Arrays.toString(typeIds)
                + ", where only zeros and then ones are supported",
            null);
      }
    }
    return start;
  }

  private static int[] toInts(long[] ids) {
    int[] ints = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ints[i] = (int) ids[i];
    }
    return ints;
  }

  /**
   * The text with U+FFFD for each unpaired surrogate. Given one, the library would lose every
   * character beyond U+FFFF of that text (all emoji), not only the faulty one.
   */
  private static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (repaired == null) {
        repaired = new StringBuilder(text);
      }
      repaired.setCharAt(i, '\uFFFD');
    }
    return repaired == null ? text : repaired.toString();
  }

  /**
   * The library below DJL's {@code HuggingFaceTokenizer}. That class copies eight arrays out for
   * each text where two are wanted (half the speed on short texts), and building one asks Amazon's
   * metadata address who the machine is and, on EC2, reports it to DJL's makers.
   */
  private static final class Native {
    static final TokenizersLibrary LIB = load();

    private static TokenizersLibrary load() {
      // On a machine with CUDA, DJL would download another build. Tokenizing needs no GPU.
      String flavor = "RUST_FLAVOR";
      if (System.getenv(flavor) == null && System.getProperty(flavor) == null) {
        System.setProperty(flavor, "cpu");
      }
      LibUtils.checkStatus();
      return TokenizersLibrary.LIB;
    }
  }
}
