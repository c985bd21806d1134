package org.sparkfinetune.collective;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How a store is asked: a key and a text to write, or the beginning of keys to list. What is listed
 * comes back as keys, each with its text behind it.
 */
final class StoreMessage {
  /** How many texts a message has that writes; one that asks has one. */
  static final int SET = 2;

  private StoreMessage() {}

  static byte[] pack(List<String> texts) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      message.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      message.writeBytes(bytes);
    }
    return message.toByteArray();
  }

  static List<String> unpack(byte[] message) {
    List<String> texts = new ArrayList<>();
    ByteBuffer left = ByteBuffer.wrap(message);
    while (left.hasRemaining()) {
      byte[] bytes = new byte[left.getInt()];
      left.get(bytes);
      texts.add(new String(bytes, StandardCharsets.UTF_8));
    }
    return texts;
  }
}
