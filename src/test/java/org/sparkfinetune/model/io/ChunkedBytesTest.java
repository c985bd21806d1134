package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkedBytesTest {
  @Test
  void collectsWhatIsWrittenInChunks() throws IOException {
    byte[] bytes = new byte[ChunkedBytes.CHUNK_BYTES + 5];
    new Random(1).nextBytes(bytes);
    ChunkedBytes.Output out = new ChunkedBytes.Output();
    out.write(bytes[0]);
    out.write(bytes, 1, bytes.length - 1);
    ChunkedBytes chunked = out.toChunkedBytes();
    assertThat(chunked.chunks())
        .extracting(chunk -> chunk.length)
        .containsExactly(ChunkedBytes.CHUNK_BYTES, 5);
    assertThat(chunked.size()).isEqualTo(bytes.length);
    assertThat(chunked.openStream().readAllBytes()).isEqualTo(bytes);
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    chunked.writeTo(copy);
    assertThat(copy.toByteArray()).isEqualTo(bytes);
    ChunkedBytes read = ChunkedBytes.readFrom(new ByteArrayInputStream(bytes));
    assertThat(read.chunks().get(0)).isEqualTo(chunked.chunks().get(0));
    assertThat(read.chunks().get(1)).isEqualTo(chunked.chunks().get(1));
    assertThat(read.chunks()).hasSize(2);
  }

  @Test
  void opensAtAnyPosition() throws IOException {
    ChunkedBytes bytes =
        new ChunkedBytes(List.of(new byte[] {0, 1}, new byte[0], new byte[] {2, 3}));
    assertThat(bytes.openStream(1).readAllBytes()).containsExactly(1, 2, 3);
    assertThat(bytes.openStream(2).readAllBytes()).containsExactly(2, 3);
    assertThat(bytes.openStream(4).readAllBytes()).isEmpty();
    assertThat(new ChunkedBytes.Output().toChunkedBytes().openStream().readAllBytes()).isEmpty();
  }
}
