package org.sparkfinetune.track;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.List;

/** The lines of a journal's file, read from any place on. */
final class JournalFile {
  /** The name of the file in a journal's folder. */
  static final String NAME = "journal.jsonl";

  /** No line is longer: a parameter of a megabyte still fits. */
  static final int LONGEST_LINE = 64 << 20;

  private JournalFile() {}

  /**
   * A part of a journal.
   *
   * @param events whole ones
   * @param ends behind each event, the place of the byte that follows it and what is damaged there
   * @param end the place of the first byte that was not read
   * @param damaged lines that hold no event
   */
  record Part(List<TrackingEvent> events, List<Long> ends, long lastSeq, long end, int damaged) {}

  /**
   * Reads whole lines.
   *
   * @param from where a line begins
   * @param to the first byte that is not to be read
   * @param bytes how many are read at the most, about
   */
  static Part read(SeekableByteChannel channel, long from, long to, int bytes) throws IOException {
    long size = Math.min(bytes, to - from);
    while (true) {
      byte[] content = bytes(channel, from, (int) size);
      int end = lastLineBreak(content) + 1;
      if (end > 0 || size == to - from || size >= LONGEST_LINE) {
        return parse(content, end, from);
      }
      // A line that is longer than what was asked for.
      size = Math.min(to - from, 2 * size);
    }
  }

  private static byte[] bytes(SeekableByteChannel channel, long from, int size) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(size);
    channel.position(from);
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      // As much as there is.
    }
    byte[] content = new byte[buffer.position()];
    buffer.flip().get(content);
    return content;
  }

  private static int lastLineBreak(byte[] content) {
    int last = content.length - 1;
    while (last >= 0 && content[last] != '\n') {
      last--;
    }
    return last;
  }

  private static Part parse(byte[] content, int end, long from) {
    List<TrackingEvent> events = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    long lastSeq = 0;
    int damaged = 0;
    int start = 0;
    for (int i = 0; i < end; i++) {
      if (content[i] != '\n') {
        continue;
      }
      try {
        EventJson.Numbered event = EventJson.read(content, start, i);
        events.add(event.event());
        ends.add(from + i + 1);
        lastSeq = event.seq();
      } catch (IOException | RuntimeException e) {
        damaged++;
        if (!ends.isEmpty()) {
          ends.set(ends.size() - 1, from + i + 1);
        }
      }
      start = i + 1;
    }
    return new Part(events, ends, lastSeq, from + end, damaged);
  }
}
