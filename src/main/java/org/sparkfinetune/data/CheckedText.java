package org.sparkfinetune.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * The text of a file, unpacked as Spark would by its ending, without a byte order mark. Counts what
 * is no text in the encoding, which Spark would read as U+FFFD without a word.
 */
final class CheckedText extends Reader {
  private static final int HEAD_BYTES = 4096;

  /** Bytes to either side of a damaged one that a message shows. */
  private static final int CONTEXT_BYTES = 24;

  /** Of so many bytes of ASCII in UTF-16, nearly half are zero. */
  private static final double ZEROS_OF_UTF16 = 0.3;

  private final Path file;
  private final DataFormat format;
  private final InputStream in;
  private final CharsetDecoder decoder;
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
  private boolean ended;
  private long lines = 1;

  private long damaged;
  private long sound;
  private long damagedLine;
  private byte[] damagedBytes;
  private int damagedAt;

  private CheckedText(Path file, DataFormat format, InputStream in) {
    this.file = file;
    this.format = format;
    this.in = in;
    this.decoder =
        format
            .charset()
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    bytes.flip();
  }

  /**
   * Opens a file.
   *
   * @throws UserException when its first bytes are those of another format or encoding
   */
  static CheckedText open(Path file, Configuration hadoop, DataFormat format) throws IOException {
    InputStream raw = file.getFileSystem(hadoop).open(file);
    try {
      CompressionCodec codec = new CompressionCodecFactory(hadoop).getCodec(file);
      InputStream in =
          new BufferedInputStream(codec == null ? raw : codec.createInputStream(raw), 1 << 16);
      in.mark(HEAD_BYTES + 1);
      byte[] head = in.readNBytes(HEAD_BYTES);
      in.reset();
      ForeignFile.requireText(file, format.format(), head);
      in.skipNBytes(requireEncoding(file, head, format.encoding()));
      return new CheckedText(file, format, in);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /** Compares the first bytes with the encoding; returns how many of them are a mark of it. */
  private static int requireEncoding(Path file, byte[] head, String encoding) {
    Charset charset = Charset.forName(encoding);
    String marked = mark(head);
    boolean wide = charset.name().startsWith("UTF-16") || charset.name().startsWith("UTF-32");
    if (!marked.isEmpty()) {
      boolean right =
          charset.name().equals(marked)
              || charset.name().equals("UTF-16") && marked.startsWith("UTF-16");
      if (!right) {
        throw new UserException(
            "%s is not in %s: it starts with the byte order mark of %s; set data.encoding=%s"
                .formatted(
                    file, encoding, marked, marked.startsWith("UTF-16") ? "UTF-16" : marked));
      }
      return marked.equals("UTF-8") ? 3 : charset.name().equals("UTF-16") ? 0 : 2;
    }
    String guessed = withoutMark(head);
    if (!guessed.isEmpty()
        && (!wide || charset.name().equals("UTF-16") && guessed.equals("UTF-16LE"))) {
      throw new UserException(
          "%s is not in %s: every other byte is zero, as in %s; set data.encoding=%3$s"
              .formatted(file, encoding, guessed));
    }
    return 0;
  }

  private static String mark(byte[] head) {
    if (startsWith(head, 0xEF, 0xBB, 0xBF)) {
      return "UTF-8";
    } else if (startsWith(head, 0xFF, 0xFE, 0, 0)) {
      return "UTF-32LE";
    } else if (startsWith(head, 0xFF, 0xFE)) {
      return "UTF-16LE";
    }
    return startsWith(head, 0xFE, 0xFF) ? "UTF-16BE" : "";
  }

  private static boolean startsWith(byte[] head, int... start) {
    for (int i = 0; i < start.length; i++) {
      if (i >= head.length || (head[i] & 0xFF) != start[i]) {
        return false;
      }
    }
    return true;
  }

  private static String withoutMark(byte[] head) {
    int[] zeros = new int[2];
    for (int i = 0; i < head.length; i++) {
      zeros[i & 1] += head[i] == 0 ? 1 : 0;
    }
    int enough = (int) Math.ceil(head.length * ZEROS_OF_UTF16);
    if (head.length < 4 || Math.max(zeros[0], zeros[1]) < enough) {
      return "";
    }
    return zeros[1] > zeros[0] ? "UTF-16LE" : "UTF-16BE";
  }

  @Override
  public int read(char[] target, int offset, int length) throws IOException {
    CharBuffer chars = CharBuffer.wrap(target, offset, length);
    while (chars.position() == offset) {
      CoderResult result = decoder.decode(bytes, chars, ended);
      if (result.isError()) {
        note(result.length(), target, offset, chars.position());
        bytes.position(bytes.position() + result.length());
        if (chars.hasRemaining()) {
          chars.put('\uFFFD');
        }
      } else if (result.isOverflow() || ended) {
        break;
      } else {
        fill();
      }
    }
    for (int i = offset; i < chars.position(); i++) {
      if (target[i] == '\n') {
        lines++;
      } else if (target[i] > 0x7F && target[i] != '\uFFFD') {
        sound++;
      }
    }
    return chars.position() == offset ? -1 : chars.position() - offset;
  }

  private void fill() throws IOException {
    bytes.compact();
    int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
    bytes.position(bytes.position() + Math.max(0, read));
    bytes.flip();
    ended = read < 0;
  }

  private void note(int length, char[] target, int from, int to) {
    if (damaged++ == 0) {
      int start = Math.max(0, bytes.position() - CONTEXT_BYTES);
      int end = Math.min(bytes.limit(), bytes.position() + length + CONTEXT_BYTES);
      damagedBytes = Arrays.copyOfRange(bytes.array(), start, end);
      damagedAt = bytes.position() - start;
      damagedLine = lines;
      for (int i = from; i < to; i++) {
        damagedLine += target[i] == '\n' ? 1 : 0;
      }
    }
  }

  /**
   * Refuses a file whose characters beyond ASCII are mostly none of its encoding. Few of them in a
   * text that is sound are damage of the text, which is said of the rows.
   *
   * @throws UserException when the file is in another encoding; it names one that fits
   */
  void requireSound() {
    if (damaged > sound) {
      boolean windows = false;
      for (byte b : damagedBytes) {
        windows |= (b & 0xE0) == 0x80;
      }
      String fitting = windows ? "windows-1252" : "ISO-8859-1";
      throw new UserException(
          ("%s is not in %s: in line %d stands a byte 0x%02X that is no character of it; set"
                  + " data.encoding=%s, in which it reads \"%s\", or the encoding that it is in")
              .formatted(
                  file,
                  format.encoding(),
                  damagedLine,
                  damagedBytes[damagedAt],
                  fitting,
                  word(Charset.forName(fitting))));
    }
  }

  /** The letters around the damaged byte in another encoding. */
  private String word(Charset charset) {
    String text = new String(damagedBytes, charset);
    int start = damagedAt;
    int end = damagedAt + 1;
    while (start > 0 && Character.isLetterOrDigit(text.charAt(start - 1))) {
      start--;
    }
    while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
      end++;
    }
    return OneLine.of(text.substring(start, end));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Whether an encoding has ASCII's line break as one byte, as lines of JSON need. */
  static boolean isOfBytes(Charset charset) {
    return Arrays.equals("\n".getBytes(charset), "\n".getBytes(StandardCharsets.US_ASCII));
  }
}
