package org.sparkfinetune.tokenize;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.sparkfinetune.UserException;

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
  private final long handle;
  private final int maxLength;
  private final int padTokenId;
  private final int vocabSize;
  private final int maxCharacters;
  private final boolean keepsEnd;

  /** Read: the native tokenizer is in use. Write: it is being freed. */
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private int pairSpecialTokens;
  private boolean closed;

  private TextTokenizer(long handle, TokenizerJson json, int maxLength) {
    this.handle = handle;
    this.maxLength = maxLength;
    this.padTokenId = json.padTokenId();
    this.vocabSize = json.vocabSize();
    this.maxCharacters = json.maxCharacters();
    this.keepsEnd = json.truncatesLeft();
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
    requireNormalizedTokens(json);
    long handle = create(json.forNative());
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
    return encodeAll(texts.size(), i -> Input.of(texts.get(i), this), this::encoding);
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
    return encodeAll(texts.size(), inputs(texts, pairs), this::encoding);
  }

  private IntFunction<Input> inputs(List<String> texts, List<String> pairs) {
    if (texts.size() != pairs.size()) {
      throw new IllegalArgumentException(
          texts.size() + " first texts, " + pairs.size() + " second ones");
    }
    requireRoom(pairSpecialTokens, "a pair of texts");
    return i -> Input.of(texts.get(i), this).with(Input.of(pairs.get(i), this));
  }

  /**
   * As {@link #encode} or {@link #encodePairs}, with where in its text each token stands.
   *
   * @param pairs the second texts, as many as {@code texts}; empty for single texts
   */
  public List<AlignedEncoding> align(List<String> texts, Optional<List<String>> pairs) {
    IntFunction<Input> inputs =
        pairs.isPresent() ? inputs(texts, pairs.get()) : i -> Input.of(texts.get(i), this);
    return encodeAll(
        texts.size(),
        inputs,
        (encoding, input) ->
            new AlignedEncoding(encoding(encoding, input), spans(encoding, input)));
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

  private static long create(String json) {
    try {
      return Native.LIB.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw TokenizerErrors.notATokenizer(TokenizerErrors.reason(e.getMessage()), e);
    }
  }

  /** An added token of which the normalizer leaves nothing is found between any two bytes. */
  private static void requireNormalizedTokens(TokenizerJson json) {
    List<String> tokens = json.normalizedTokens();
    String normalizer = json.normalizerForNative();
    if (tokens.isEmpty() || normalizer == null) {
      return;
    }
    long handle = create(normalizer);
    try {
      for (String token : tokens) {
        long encoding = Native.LIB.encode(handle, token, false);
        boolean nothing = Native.LIB.getTokenIds(encoding).length == 0;
        Native.LIB.deleteEncoding(encoding);
        if (nothing) {
          throw TokenizerErrors.notATokenizer(
              "its normalizer leaves nothing of the added token "
                  + JsonNodeFactory.instance.textNode(token),
              null);
        }
      }
    } finally {
      Native.LIB.deleteTokenizer(handle);
    }
  }

  private void configure() {
    Native.LIB.disablePadding(handle);
    // Not disableTruncation: that would forget the side. An empty text is its special tokens.
    setTruncation(Integer.MAX_VALUE);
    int specialTokens = encode(List.of("")).get(0).inputIds().length;
    if (specialTokens == 0) {
      throw TokenizerErrors.notATokenizer(
          "it adds no special tokens to a text (its post_processor is missing?), so that a blank"
              + " text would have no tokens at all",
          null);
    }
    Input empty = Input.of("", this);
    pairSpecialTokens =
        encodeAll(1, i -> empty.with(empty), this::encoding).get(0).inputIds().length;
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

  /**
   * What is to be encoded.
   *
   * @param start where the part that is given begins in its text
   * @param pair the second text; null for none
   * @param cut whether a part was left out
   */
  private record Input(String text, int start, Input pair, boolean cut) {
    static Input of(String text, TextTokenizer tokenizer) {
      String whole = Surrogates.replaceUnpaired(Objects.requireNonNull(text, "text"));
      String kept = tokenizer.keptPart(whole);
      int left = whole.length() - kept.length();
      return new Input(kept, tokenizer.keepsEnd ? left : 0, null, left > 0);
    }

    Input with(Input second) {
      return new Input(text, start, second, cut || second.cut);
    }
  }

  /** What is made of a text that native code has encoded. */
  private interface Reading<T> {
    T of(long encoding, Input input);
  }

  /** As much of a text as native code is given, at the side that truncation keeps. */
  private String keptPart(String text) {
    if (text.length() <= maxCharacters) {
      return text;
    }
    // Between two characters, not within one.
    int end = keepsEnd ? text.length() - maxCharacters : maxCharacters;
    end -= Character.isLowSurrogate(text.charAt(end)) ? 1 : 0;
    return keepsEnd ? text.substring(end) : text.substring(0, end);
  }

  /**
   * One native call a text: an error of one is an exception there, while the calls for many texts
   * at once end the JVM at it. So the cores are shared out here.
   */
  private <T> List<T> encodeAll(int count, IntFunction<Input> inputs, Reading<T> reading) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("The tokenizer is closed");
      }
      // A parallel stream ends at an exception while others of its threads still compute: with what
      // the caller, who has it, may close. So none leaves before the last text is done with.
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<T> encodings =
          IntStream.range(0, count)
              .parallel()
              .mapToObj(i -> encode(inputs, i, reading, failure))
              .toList();
      if (failure.get() instanceof Error e) {
        throw e;
      }
      if (failure.get() instanceof RuntimeException e) {
        throw e;
      }
      // They hold copies, so they do not outlive the lock.
      return encodings;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Null where this or another text has failed. */
  private <T> T encode(
      IntFunction<Input> inputs, int i, Reading<T> reading, AtomicReference<Throwable> failure) {
    if (failure.get() != null) {
      return null;
    }
    try {
      return encode(inputs.apply(i), reading);
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      return null;
    }
  }

  private <T> T encode(Input input, Reading<T> reading) {
    long encoding;
    try {
      encoding =
          input.pair() == null
              ? Native.LIB.encode(handle, input.text(), true)
              : Native.LIB.encodeDual(handle, input.text(), input.pair().text(), true);
    } catch (RuntimeException e) {
      throw TokenizerErrors.notATokenizer(
          "it fails on a text: " + TokenizerErrors.reason(e.getMessage()), e);
    }
    try {
      return reading.of(encoding, input);
    } finally {
      Native.LIB.deleteEncoding(encoding);
    }
  }

  private Encoding encoding(long encoding, Input input) {
    int[] inputIds = toInts(Native.LIB.getTokenIds(encoding));
    int secondSegmentStart =
        input.pair() == null
            ? inputIds.length
            : secondSegmentStart(Native.LIB.getTypeIds(encoding));
    boolean truncated = input.cut() || Native.LIB.getOverflowCount(encoding) > 0;
    return new Encoding(inputIds, secondSegmentStart, truncated);
  }

  private static List<TokenSpan> spans(long encoding, Input input) {
    CharSpan[] spans = Native.LIB.getTokenCharSpans(encoding);
    long[] sequences = Native.LIB.getSequenceIds(encoding);
    List<TokenSpan> ofTokens = new ArrayList<>();
    for (int i = 0; i < spans.length; i++) {
      if (spans[i] == null || sequences[i] < 0) {
        ofTokens.add(TokenSpan.SPECIAL);
      } else {
        Input part = sequences[i] == 0 ? input : input.pair();
        ofTokens.add(
            TokenSpan.ofCodePoints(
                spans[i].getStart(),
                spans[i].getEnd(),
                (int) sequences[i],
                part.text(),
                part.start()));
      }
    }
    return ofTokens;
  }

  private static int secondSegmentStart(long[] typeIds) {
    int start = 0;
    while (start < typeIds.length && typeIds[start] == 0) {
      start++;
    }
    for (int i = start; i < typeIds.length; i++) {
      if (typeIds[i] != 1) {
        throw TokenizerErrors.notATokenizer(
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
