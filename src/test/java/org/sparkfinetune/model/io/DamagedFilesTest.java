package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.SequenceFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;
import scala.Tuple2;

/**
 * Files with a few bytes changed, or cut off: each is read, or refused by a message with its name.
 * Nothing else comes out of it: no other exception, no endless loop, no request for memory that the
 * file does not fill.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DamagedFilesTest {
  private static final int TIMES = 400;
  private static final int[] EXTREMES = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30};
  private static final String NAME = "damaged file";

  @TempDir private Path folder;

  private interface Reader {
    void read(byte[] file) throws IOException;
  }

  @ParameterizedTest
  @ValueSource(strings = {"dtypes.safetensors", "pickles/state-dict.safetensors"})
  void safetensors(String fixture) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path(fixture));
    int header = Long.BYTES + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    damage(whole, header, file -> Fixtures.readAll(SafetensorsReader.open(memory(file), NAME)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"state-dict", "protocol-4"})
  void pytorchModel(String fixture) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("pickles/" + fixture + ".bin"));
    damage(whole, whole.length, file -> Fixtures.readAll(torch(file)));
  }

  /** The pickle alone, so that all the damage is its. */
  @ParameterizedTest
  @ValueSource(strings = {"state-dict", "protocol-4", "nested", "code"})
  void pickle(String fixture) throws IOException {
    byte[] whole;
    try (ByteSource file = ByteSource.memory(Fixtures.bytes("pickles/" + fixture + ".bin"), NAME)) {
      ZipArchive archive = new ZipArchive(file);
      String member =
          archive.names().stream().filter(name -> name.endsWith("data.pkl")).findFirst().get();
      try (ByteSource pickle = archive.open(member)) {
        whole = pickle.from(0).readAllBytes();
      }
    }
    damage(whole, whole.length, file -> StateDictPickle.parse(file, NAME));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tiny-bert-classifier.onnx", "tiny-bert-encoder.onnx", "onnx/distilbert.onnx"})
  void onnx(String fixture) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path(fixture));
    damage(
        whole,
        whole.length,
        file -> {
          try (OnnxReader reader =
              OnnxReader.open(
                  ByteSource.memory(memory(file), NAME),
                  beside -> {
                    throw new UserException(NAME + " has data beside it");
                  })) {
            reader.config();
            Fixtures.readAll(reader);
          }
        });
  }

  @Test
  void sequenceFile() throws IOException {
    Map<Object, Object> words = new HashMap<>();
    List.of("[PAD]", "card", "refund").forEach(word -> words.put(word, words.size()));
    Object[] pairs =
        words.entrySet().stream()
            .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
            .toArray(Tuple2[]::new);
    Path part = folder.resolve("part-00000");
    Path whole = folder.resolve("whole");
    try (SequenceFile.Writer writer =
        SequenceFile.createWriter(
            new Configuration(false),
            SequenceFile.Writer.file(Fixtures.hadoop(whole)),
            SequenceFile.Writer.keyClass(NullWritable.class),
            SequenceFile.Writer.valueClass(BytesWritable.class),
            SequenceFile.Writer.compression(SequenceFile.CompressionType.NONE))) {
      for (int record = 0; record < 3; record++) {
        writer.append(NullWritable.get(), new BytesWritable(serialized(pairs)));
      }
    }
    byte[] bytes = Files.readAllBytes(whole);
    Files.write(part, bytes);
    assertThat(ObjectFile.read(Fixtures.hadoop(folder), new Configuration(false))).hasSize(9);

    damage(
        bytes,
        bytes.length,
        file -> {
          Files.write(part, file);
          ObjectFile.read(Fixtures.hadoop(folder), new Configuration(false));
        },
        part.toString());
    byte[] record = serialized(pairs);
    damage(record, record.length, file -> SerializedJava.parse(file, NAME));
  }

  private static void damage(byte[] whole, int upTo, Reader reader) throws IOException {
    damage(whole, upTo, reader, NAME);
  }

  /** Reads a file many times over, each time damaged in its first {@code upTo} bytes. */
  private static void damage(byte[] whole, int upTo, Reader reader, String name)
      throws IOException {
    Random random = new Random(42);
    int refused = 0;
    for (int time = 0; time < TIMES; time++) {
      byte[] file = damaged(whole, upTo, random);
      try {
        reader.read(file);
      } catch (UserException e) {
        assertThat(e).hasMessageContaining(name);
        refused++;
      } catch (IOException | RuntimeException | Error e) {
        throw new AssertionError("at time " + time + ": " + e, e);
      }
    }
    assertThat(refused).as("refused").isPositive();
  }

  private static byte[] damaged(byte[] whole, int upTo, Random random) {
    byte[] file = whole.clone();
    int at = random.nextInt(upTo);
    switch (random.nextInt(4)) {
      case 0 -> file = Arrays.copyOf(file, at);
      case 1 -> {
        ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
        number.putInt(EXTREMES[random.nextInt(EXTREMES.length)]);
        System.arraycopy(number.array(), 0, file, at, Math.min(Integer.BYTES, file.length - at));
      }
      default -> {
        for (int i = 0; i <= random.nextInt(3); i++) {
          file[random.nextInt(upTo)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return file;
  }

  private static TensorSource torch(byte[] file) throws IOException {
    ByteSource source = ByteSource.memory(memory(file), NAME);
    return new StoredTensors(NAME, TorchReader.stored(source), List.of(source));
  }

  private static ChunkedBytes memory(byte[] file) {
    return new ChunkedBytes(List.of(file));
  }

  private static byte[] serialized(Object object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    return bytes.toByteArray();
  }
}
