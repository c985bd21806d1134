package org.sparkfinetune.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Damages a file, the same way for the same random numbers. JSON mostly in its structure, so that
 * what comes out is JSON still; anything else in its bytes.
 */
final class Mutations {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** As JSON text. Sizes, counts and ids are read as int, long, unsigned and floating numbers. */
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "1",
          "2",
          "0.5",
          "-0.0",
          "255",
          "65536",
          "1000000",
          "1000000000",
          "2147483647",
          "2147483648",
          "-2147483648",
          "4294967295",
          "4294967296",
          "9223372036854775807",
          "-9223372036854775808",
          "18446744073709551615",
          "1e308",
          "1e999",
          "-1e999",
          "1e-320",
          "NaN",
          "Infinity");

  private static final List<Supplier<String>> VALUES =
      List.of(
          () -> "null",
          () -> "true",
          () -> "false",
          () -> "\"\"",
          () -> "[]",
          () -> "{}",
          () -> "[[]]",
          () -> "\" \"",
          () -> "\"\\u0000\"",
          () -> "\"\\ud800\"",
          () -> "\"\\u0301\\u200d\\ufe0f\"",
          () -> "\"../../outside/written\"",
          () -> "\"/tmp/outside\"",
          () -> "\"a\\r\\n\\u001b[31mb\"",
          () -> quoted("a".repeat(20_000)),
          () -> quoted("\u00e9\u4e2d".repeat(5_000)),
          () -> quoted("9".repeat(500)),
          () -> quoted("x".repeat(1_000_000)),
          () -> "9".repeat(2_000),
          () -> "[".repeat(100_000) + "]".repeat(100_000),
          () -> "[".repeat(900) + "]".repeat(900),
          () -> "{\"a\":".repeat(100) + "1" + "}".repeat(100));

  private final SplittableRandom random;
  private final List<String> ownValues;

  /** What stands in the tree for text that the tree cannot hold. */
  private final Map<String, String> raw = new LinkedHashMap<>();

  private Mutations(SplittableRandom random, List<String> ownValues) {
    this.random = random;
    this.ownValues = ownValues;
  }

  /**
   * A damaged copy.
   *
   * @param ownValues JSON texts of the format's own, put in the place of others
   */
  static byte[] of(byte[] content, List<String> ownValues, SplittableRandom random) {
    Mutations mutations = new Mutations(random, ownValues);
    JsonNode tree = tree(content);
    return tree == null || random.nextInt(5) == 0 ? mutations.bytes(content) : mutations.json(tree);
  }

  private static JsonNode tree(byte[] content) {
    try {
      JsonNode tree = JSON.readTree(content);
      return tree != null && tree.isContainerNode() && !tree.isEmpty() ? tree : null;
    } catch (IOException e) {
      return null;
    }
  }

  private byte[] json(JsonNode tree) {
    // One fault mostly: of several the first that is found hides the others.
    int times = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1;
    for (int i = 0; i < times; i++) {
      mutate(places(tree));
    }
    String text = tree.toString();
    for (Map.Entry<String, String> entry : raw.entrySet()) {
      text = text.replace(entry.getKey(), entry.getValue());
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A value in its object or array. */
  private record Place(JsonNode parent, String key, int index, int depth) {
    JsonNode get() {
      return parent.isObject() ? parent.get(key) : parent.get(index);
    }

    void set(JsonNode value) {
      if (parent.isObject()) {
        ((ObjectNode) parent).set(key, value);
      } else {
        ((ArrayNode) parent).set(index, value);
      }
    }
  }

  private static List<Place> places(JsonNode tree) {
    List<Place> places = new ArrayList<>();
    collect(tree, places, 0);
    return places;
  }

  private static void collect(JsonNode node, List<Place> places, int depth) {
    if (node.isObject()) {
      node.fieldNames().forEachRemaining(key -> places.add(new Place(node, key, -1, depth)));
    } else {
      for (int i = 0; i < node.size(); i++) {
        places.add(new Place(node, null, i, depth));
      }
    }
    node.forEach(child -> collect(child, places, depth + 1));
  }

  private void mutate(List<Place> places) {
    if (places.isEmpty()) {
      return;
    }
    // Long lists of equal things (a vocabulary) are most of a file: few of them are as good as all.
    Place place = pick(places);
    for (int i = 0; i < 3 && place.parent().size() > 8; i++) {
      place = pick(places);
    }
    JsonNode value = place.get();
    switch (random.nextInt(10)) {
      case 0 -> remove(place);
      case 1 -> repeat(place);
      case 2 -> place.set(rawText(pick(VALUES).get()));
      case 3 -> place.set(rawText(pick(NUMBERS)));
      case 4 -> place.set(pick(places).get().deepCopy());
      case 5 -> rename(place);
      case 6 -> swap(place, pick(places));
      case 7, 8 -> putOwn(places);
      default -> place.set(near(value));
    }
  }

  /** One of the format's own values in the place of one like it, or in an array beside it. */
  private void putOwn(List<Place> places) {
    if (ownValues.isEmpty()) {
      pick(places).set(rawText(pick(NUMBERS)));
      return;
    }
    String text = pick(ownValues);
    JsonNode value = tree(text.getBytes(StandardCharsets.UTF_8));
    List<Place> like =
        value == null || !value.isObject()
            ? places
            : places.stream()
                .filter(place -> place.get().has(value.fieldNames().next()) || place.get().isNull())
                .toList();
    Place place = pick(like.isEmpty() ? places : like);
    if (place.parent().isArray() && random.nextBoolean()) {
      ((ArrayNode) place.parent()).insert(place.index(), rawText(text));
    } else {
      place.set(rawText(text));
    }
  }

  private static void remove(Place place) {
    if (place.parent().isObject()) {
      ((ObjectNode) place.parent()).remove(place.key());
    } else {
      ((ArrayNode) place.parent()).remove(place.index());
    }
  }

  /** An array's value once more, or an object's key twice: with two values, of which one counts. */
  private void repeat(Place place) {
    if (place.parent().isArray()) {
      ((ArrayNode) place.parent()).insert(place.index(), place.get().deepCopy());
      return;
    }
    String second = marker();
    raw.put("\"" + second + "\"", quoted(place.key()));
    JsonNode value = random.nextBoolean() ? place.get().deepCopy() : rawText(pick(NUMBERS));
    ((ObjectNode) place.parent()).set(second, value);
  }

  private void rename(Place place) {
    if (place.parent().isObject()) {
      ObjectNode parent = (ObjectNode) place.parent();
      JsonNode value = parent.remove(place.key());
      parent.set(changed(place.key()), value);
    } else {
      place.set(near(place.get()));
    }
  }

  private static void swap(Place one, Place other) {
    JsonNode first = one.get().deepCopy();
    one.set(other.get().deepCopy());
    other.set(first);
  }

  /** A value that is almost the old one. */
  private JsonNode near(JsonNode value) {
    if (value.isNumber()) {
      return switch (random.nextInt(4)) {
        case 0 -> JSON.getNodeFactory().numberNode(value.longValue() + 1);
        case 1 -> JSON.getNodeFactory().numberNode(value.longValue() - 1);
        case 2 -> JSON.getNodeFactory().numberNode(-value.doubleValue());
        default -> JSON.getNodeFactory().numberNode(random.nextInt(1 << random.nextInt(1, 31)));
      };
    }
    if (value.isTextual()) {
      return TextNode.valueOf(changed(value.textValue()));
    }
    if (value.isBoolean()) {
      return JSON.getNodeFactory().booleanNode(!value.booleanValue());
    }
    if (value.isArray() && value.size() > 1) {
      ArrayNode shorter = ((ArrayNode) value).deepCopy();
      shorter.remove(random.nextInt(shorter.size()));
      return shorter;
    }
    return JSON.createArrayNode().add(value.deepCopy());
  }

  private String changed(String text) {
    int at = random.nextInt(text.length() + 1);
    return switch (random.nextInt(5)) {
      case 0 -> text.substring(0, at);
      case 1 -> text.substring(0, at) + (char) random.nextInt(0x20, 0x3000) + text.substring(at);
      case 2 -> text + text;
      case 3 -> new StringBuilder(text).reverse().toString();
      default -> text.toUpperCase(Locale.ROOT);
    };
  }

  private JsonNode rawText(String text) {
    String marker = marker();
    raw.put("\"" + marker + "\"", text);
    return TextNode.valueOf(marker);
  }

  private String marker() {
    return "marker-" + raw.size() + "-" + Long.toHexString(random.nextLong());
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  private byte[] bytes(byte[] content) {
    byte[] bytes = content.clone();
    int times = 1 << random.nextInt(4);
    for (int i = 0; i < times && bytes.length > 0; i++) {
      bytes = changed(bytes);
    }
    return bytes;
  }

  private byte[] changed(byte[] bytes) {
    // Where formats keep what decides: at their start and end more often than in between.
    int edge = Math.min(bytes.length, 64);
    int at =
        switch (random.nextInt(4)) {
          case 0 -> random.nextInt(edge);
          case 1 -> bytes.length - 1 - random.nextInt(edge);
          default -> random.nextInt(bytes.length);
        };
    int length = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(10)));
    return switch (random.nextInt(8)) {
      case 0 -> flip(bytes, at);
      case 1 -> spliced(bytes, at, length, new byte[0]);
      case 2 -> spliced(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + length));
      case 3 -> spliced(bytes, at, 0, noise(length));
      case 4 -> spliced(bytes, at, length, noise(length));
      case 5 -> Arrays.copyOf(bytes, at);
      case 6 -> spliced(bytes, at, length, new byte[length]);
      default -> extreme(bytes, at);
    };
  }

  private byte[] flip(byte[] bytes, int at) {
    bytes[at] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  /** An integer of the format, perhaps: a length or an offset that is far too large. */
  private byte[] extreme(byte[] bytes, int at) {
    int size = 1 << random.nextInt(4);
    long value = pick(List.of(0L, -1L, 1L << 31, (1L << 31) - 1, 1L << 40, Long.MAX_VALUE));
    ByteBuffer buffer = ByteBuffer.allocate(8);
    buffer.order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    byte[] number = buffer.putLong(value).array();
    int start = Math.max(0, Math.min(at & -size, bytes.length - size));
    System.arraycopy(number, 0, bytes, start, Math.min(size, bytes.length - start));
    return bytes;
  }

  private byte[] noise(int length) {
    byte[] noise = new byte[length];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] spliced(byte[] bytes, int at, int removed, byte[] inserted) {
    byte[] result = new byte[bytes.length - removed + inserted.length];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(inserted, 0, result, at, inserted.length);
    int rest = at + removed;
    System.arraycopy(bytes, rest, result, at + inserted.length, bytes.length - rest);
    return result;
  }
}
