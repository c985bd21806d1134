package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.UserException;
import scala.Tuple2;

class SerializedJavaTest {
  private static boolean loaded;

  /** Notes when it is deserialized. */
  private static final class Gadget implements Serializable {
    private static final long serialVersionUID = 1L;

    private Object readResolve() {
      loaded = true;
      return this;
    }
  }

  @Test
  void readsArraysOfPairsTextsAndNumbers() throws IOException {
    Object[] pairs = {new Tuple2<>("a", 1), new Tuple2<>("b", 2), new Tuple2<>("a", 1)};
    assertThat(parse(Arrays.copyOf(pairs, 3, Tuple2[].class)))
        .isEqualTo(List.of(List.of("a", 1), List.of("b", 2), List.of("a", 1)));
    assertThat(
            parse(new Object[] {new Tuple2<>(new Tuple2<>("x", "ü\u0000"), 7L), 2.5f, 2.5, true}))
        .isEqualTo(List.of(List.of(List.of("x", "ü\u0000"), 7L), 2.5f, 2.5, true));
    assertThat(parse(new String[] {"same", "same"})).isEqualTo(List.of("same", "same"));
  }

  static Stream<Object> others() {
    return Stream.of(
        new Gadget(),
        new Object[] {new Gadget()},
        new Tuple2<>("a", new Gadget()),
        new ArrayList<>(List.of("a")),
        new HashMap<>(),
        URI.create("http://localhost"),
        new int[] {1},
        Thread.State.NEW,
        String.class,
        new Object[] {null},
        "long".repeat(20_000));
  }

  @ParameterizedTest
  @MethodSource("others")
  void refusesEverythingElseAndLoadsNothing(Object object) {
    assertThatThrownBy(() -> parse(object))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("f: not a list of tokens or labels as Spark NLP saves it: it h")
        .hasMessageEndingWith(". Nothing of it was loaded.");
    assertThat(loaded).isFalse();
  }

  @Test
  void refusesDeepNesting() {
    // Written by hand: Java's own writer overflows its stack on it.
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {(byte) 0xAC, (byte) 0xED, 0, 5, 0x75, 0x72, 0, 0x13});
    bytes.writeBytes("[Ljava.lang.Object;".getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0x78, 0x70, 0, 0, 0, 1});
    for (int i = 0; i < 10_000; i++) {
      bytes.writeBytes(new byte[] {0x75, 0x71, 0, 0x7E, 0, 0, 0, 0, 0, 1});
    }
    assertThatThrownBy(() -> SerializedJava.parse(bytes.toByteArray(), "f"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its objects are nested deeper than 16");
  }

  @Test
  void refusesATruncatedStreamWhereverItEnds() throws IOException {
    byte[] whole = bytes(new Object[] {new Tuple2<>("a", 1)});
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> SerializedJava.parse(cut, "f")).isInstanceOf(UserException.class);
    }
  }

  private static Object parse(Object object) throws IOException {
    return SerializedJava.parse(bytes(object), "f");
  }

  private static byte[] bytes(Object object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    return bytes.toByteArray();
  }
}
