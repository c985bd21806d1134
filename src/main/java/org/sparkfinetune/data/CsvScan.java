package org.sparkfinetune.data;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;

/**
 * Scans a CSV file from its start: reads its header and finds faults that Spark's parser does not
 * report, with their line numbers. Needs no more memory than the header.
 *
 * <p>A field is quoted when it begins with the quote. Where text follows its closing quote, it goes
 * on to the next separator or line break, as Spark's parser has it.
 */
final class CsvScan {
  /** A header of more characters is none. */
  private static final int MAX_HEADER = 1 << 20;

  /** A record of so many lines, each with the separators of a row, is rather rows. */
  private static final int LINES_LIKE_ROWS = 5;

  private static final int END = -1;

  /**
   * A quoted field of several lines that is rather rows.
   *
   * @param line where its quote stands, from 1
   */
  record Swallow(long line, long lines) {}

  /** Where within a record the next character stands. */
  private enum Place {
    FIELD_START,
    UNQUOTED,
    QUOTED,
    AFTER_QUOTE
  }

  private final Reader reader;
  private final String separator;
  private final int quote;
  private final int escape;
  private final char[] buffer = new char[1 << 16];
  private int position;
  private int limit;
  private boolean ended;

  private final StringBuilder field = new StringBuilder();
  private final List<String> header = new ArrayList<>();
  private boolean headerRead;
  private long read;
  private long line = 1;
  private boolean breaksKnown;
  private boolean returnsBreak;

  // Of the record that is being read.
  private int fields;
  private boolean empty;
  private boolean torn;
  private long recordLine;
  private long quoteLine;
  private long longestQuote;
  private long longestQuoteLine;
  private int separatorsOfLine;
  private long linesLikeRows;

  private long records;
  private long damaged;
  private long damagedLine;
  private long swallows;
  private Swallow longest;
  private Swallow open;
  private boolean backslashQuotes;

  private CsvScan(Reader reader, DataFormat format) {
    this.reader = reader;
    this.separator = format.separator();
    this.quote = format.quote().isEmpty() ? END - 1 : format.quote().charAt(0);
    this.escape = format.escape().charAt(0);
  }

  /**
   * Reads the header, and rows up to so many characters.
   *
   * @param format its separator is set
   */
  static CsvScan of(Reader text, DataFormat format, long characters) throws IOException {
    CsvScan scan = new CsvScan(text, format);
    scan.run(characters);
    return scan;
  }

  /** The fields of the first record; empty when there is none. */
  List<String> header() {
    return header;
  }

  /** Rows below the header that were read to their end. */
  long records() {
    return records;
  }

  /** Rows with more or fewer fields than the header, or with text behind a closing quote. */
  long damaged() {
    return damaged;
  }

  /** The line of the first of those. */
  long damagedLine() {
    return damagedLine;
  }

  /** Quoted fields that rather are rows. */
  long swallows() {
    return swallows;
  }

  /** That of the most lines; null when there is none. */
  Swallow longest() {
    return longest;
  }

  /** A quoted field of several lines that the file's end ends; null when there is none. */
  Swallow openAtEnd() {
    return open;
  }

  /** Whether a backslash stood before a quote in a quoted field. */
  boolean hasBackslashQuotes() {
    return backslashQuotes;
  }

  private void run(long characters) throws IOException {
    startRecord();
    Place place = Place.FIELD_START;
    while (read < characters || !headerRead && read < MAX_HEADER) {
      int c = next();
      if (c == END) {
        if (place == Place.QUOTED && line - quoteLine >= 2) {
          open = new Swallow(quoteLine, line - quoteLine);
        }
        endRecord();
        return;
      }
      if (place == Place.QUOTED) {
        place = quoted(c);
      } else if (c == '\r' && peek() == '\n') {
        continue;
      } else if (isBreak(c)) {
        endRecord();
        line++;
        startRecord();
        place = Place.FIELD_START;
      } else {
        empty = false;
        place = unquoted(place, c);
      }
    }
    if (!headerRead) {
      header.clear();
    }
  }

  private Place quoted(int c) throws IOException {
    if (c == '\\' && peek() == quote) {
      backslashQuotes = true;
    }
    if (c == escape && (peek() == quote || escape != quote && peek() == escape)) {
      keep(next());
      return Place.QUOTED;
    }
    if (c == quote) {
      long lines = line - quoteLine + 1;
      if (lines > longestQuote) {
        longestQuote = lines;
        longestQuoteLine = quoteLine;
      }
      return Place.AFTER_QUOTE;
    }
    if (isBreak(c)) {
      endLine();
      line++;
    } else if (isSeparator(c)) {
      separatorsOfLine++;
    }
    keep(c);
    return Place.QUOTED;
  }

  private Place unquoted(Place place, int c) throws IOException {
    if (isSeparator(c)) {
      for (int i = 1; i < separator.length(); i++) {
        next();
      }
      separatorsOfLine++;
      endField();
      return Place.FIELD_START;
    }
    if (place == Place.FIELD_START && c == quote) {
      quoteLine = line;
      return Place.QUOTED;
    }
    torn |= place == Place.AFTER_QUOTE;
    keep(c);
    return Place.UNQUOTED;
  }

  private void startRecord() {
    fields = 0;
    empty = true;
    torn = false;
    recordLine = line;
    longestQuote = 0;
    separatorsOfLine = 0;
    linesLikeRows = 0;
  }

  private void endField() {
    fields++;
    if (!headerRead) {
      header.add(field.toString());
      field.setLength(0);
    }
  }

  private void endLine() {
    if (headerRead && header.size() > 1 && separatorsOfLine == header.size() - 1) {
      linesLikeRows++;
    }
    separatorsOfLine = 0;
  }

  private void endRecord() {
    if (empty) {
      return;
    }
    endField();
    endLine();
    if (!headerRead) {
      headerRead = true;
      return;
    }
    records++;
    boolean wrong = torn || fields != header.size();
    if (wrong && damaged++ == 0) {
      damagedLine = recordLine;
    }
    long lines = line - recordLine + 1;
    boolean likeRows = lines >= LINES_LIKE_ROWS && linesLikeRows >= lines - 1;
    if (longestQuote > 1 && (wrong || likeRows)) {
      swallows++;
      if (longest == null || longestQuote > longest.lines()) {
        longest = new Swallow(longestQuoteLine, longestQuote);
      }
    }
  }

  private void keep(int c) {
    if (!headerRead) {
      field.append((char) c);
    }
  }

  /** A carriage return alone ends lines where it ends the first, as for Spark's parser. */
  private boolean isBreak(int c) throws IOException {
    if (c == '\n') {
      breaksKnown = true;
      return true;
    }
    if (c != '\r' || peek() == '\n') {
      return false;
    }
    returnsBreak |= !breaksKnown;
    breaksKnown = true;
    return returnsBreak;
  }

  private boolean isSeparator(int c) throws IOException {
    if (c != separator.charAt(0)) {
      return false;
    }
    if (separator.length() == 1) {
      return true;
    }
    ensure(separator.length() - 1);
    for (int i = 1; i < separator.length(); i++) {
      if (position + i - 1 >= limit || buffer[position + i - 1] != separator.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int next() throws IOException {
    ensure(1);
    if (position == limit) {
      return END;
    }
    read++;
    return buffer[position++];
  }

  private int peek() throws IOException {
    ensure(1);
    return position == limit ? END : buffer[position];
  }

  private void ensure(int ahead) throws IOException {
    while (!ended && limit - position < ahead) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
      int more = reader.read(buffer, limit, buffer.length - limit);
      ended = more < 0;
      limit += Math.max(0, more);
    }
  }
}
