package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class SafetensorsReaderTest {
  private static final String DTYPES = "dtypes.safetensors";

  @TempDir private Path temporary;

  @Test
  void listsTypesAndShapesInTheOrderOfTheData() {
    try (TensorSource source = SafetensorsReader.open(Fixtures.bytes(DTYPES), DTYPES)) {
      assertThat(source.name()).isEqualTo(DTYPES);
      assertThat(source.tensors())
          .containsEntry("half", new TensorInfo(DType.F16, List.of(11L)))
          .containsEntry("double", new TensorInfo(DType.F64, List.of(1L, 11L)))
          .containsEntry("scalar", new TensorInfo(DType.F32, List.of()))
          .containsEntry("none", new TensorInfo(DType.F32, List.of(0L, 3L)));
      assertThat(source.tensors().keySet().stream().limit(2)).containsExactly("int64", "double");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"half", "bfloat", "double"})
  void convertsToFloatBitForBitAsPyTorchDoes(String name) {
    try (TensorSource source = SafetensorsReader.open(Fixtures.bytes(DTYPES), DTYPES);
        Tensor read = source.read(name);
        Tensor expected = source.read(name + ".expected")) {
      assertThat(read.scalar_type().intern()).isEqualTo(ScalarType.Float);
      assertThat(read.shape()).containsExactly(source.tensors().get(name).dims());
      assertThat(bits(read)).containsExactly(bits(expected));
    }
  }

  @Test
  void readsScalarsAndEmptyTensors() {
    try (TensorSource source = SafetensorsReader.open(Fixtures.bytes(DTYPES), DTYPES);
        Tensor scalar = source.read("scalar");
        Tensor none = source.read("none")) {
      assertThat(scalar.shape()).isEmpty();
      assertThat(Fixtures.values(scalar)).containsExactly(4.5f);
      assertThat(none.shape()).containsExactly(0, 3);
    }
  }

  @Test
  void readsTensorsOfSeveralChunksFromAFile() throws IOException {
    int elements = 700_000;
    Path file = temporary.resolve("big.safetensors");
    String header = "{'a':{'dtype':'F64','shape':[%d],'data_offsets':[0,%d]}}";
    byte[] bytes =
        Fixtures.safetensors(header.formatted(elements, elements * 8), elements * 8)
            .openStream()
            .readAllBytes();
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      data.putDouble(bytes.length - 8 * elements + 8 * i, i + 0.25);
    }
    Files.write(file, bytes);
    try (TensorSource source =
            SafetensorsReader.open(Fixtures.hadoop(file), new Configuration(false));
        Tensor read = source.read("a")) {
      float[] expected = new float[elements];
      for (int i = 0; i < elements; i++) {
        expected[i] = (float) (i + 0.25);
      }
      assertThat(Arrays.equals(Fixtures.values(read), expected)).isTrue();
    }
  }

  @Test
  void readingAllInOrderReadsEachByteOnce() throws IOException {
    CountingSource source =
        new CountingSource(Fixtures.bytes("tiny-bert-classifier/model.safetensors"));
    try (TensorSource tensors = SafetensorsReader.open(source)) {
      tensors.tensors().keySet().forEach(name -> tensors.read(name).close());
    }
    assertThat(source.read).isEqualTo(source.length());
    assertThat(source.position).isEqualTo(source.length());
  }

  @Test
  @SuppressWarnings("try") // the scope is there to be closed
  void aPointerScopeOwnsWhatIsReadInIt() {
    Tensor read;
    try (TensorSource source = SafetensorsReader.open(Fixtures.bytes(DTYPES), DTYPES)) {
      try (PointerScope scope = new PointerScope()) {
        read = source.read("half");
        assertThat(read.isNull()).isFalse();
        assertThat(read.numel()).isEqualTo(11);
      }
      assertThat(read.isNull()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"int8,I8", "int64,I64"})
  void refusesIntegersWithTheReason(String name, String dtype) {
    try (TensorSource source = SafetensorsReader.open(Fixtures.bytes(DTYPES), DTYPES)) {
      assertThatThrownBy(() -> source.read(name))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "dtypes.safetensors: tensor '%s' holds %s, which is not a floating-point weight: a"
                  + " quantized or integer model has lost what training needs. Give the model"
                  + " in F32, F16, BF16 or F64.",
              name, dtype);
    }
  }

  @Test
  void namesAMissingFile() {
    org.apache.hadoop.fs.Path path = Fixtures.hadoop(temporary.resolve("no.safetensors"));
    assertThatThrownBy(() -> SafetensorsReader.open(path, new Configuration(false)))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("no.safetensors: there is no such file.");
  }

  @Test
  void refusesAFileTooShortForAHeadersLength() {
    assertMessage(
        new ChunkedBytes(List.of(new byte[5])),
        "f: 5 bytes are too few for a safetensors file, which starts with its header's length in 8"
            + " bytes. Copy it again.");
  }

  @Test
  void refusesAHeaderBeyondTheFile() {
    assertMessage(
        new ChunkedBytes(List.of(new byte[] {100, 0, 0, 0, 0, 0, 0, 0, '{'})),
        "f: the header should be 100 bytes long, but the file ends after 9. It is truncated: copy"
            + " it again.");
  }

  @Test
  void refusesAHugeHeader() {
    assertMessage(
        new ChunkedBytes(List.of(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1})),
        "f: the header's length is given as 18446744073709551615 bytes, more than the 8388608"
            + " that one may have. This is not a safetensors file, or it is damaged.");
  }

  @Test
  void recognizesAGitLfsPointer() {
    byte[] pointer = "version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.UTF_8);
    assertMessage(
        new ChunkedBytes(List.of(pointer)),
        "f: this is a Git LFS pointer, not the weights. Run 'git lfs pull' in its folder.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':                       | 0 | f: the header is not JSON (",
        "{'a': 1} x | 0 | f: tensor 'a' is described by 1; expected dtype, shape and two",
        "[]                          | 0 | f: the header is not a JSON object of tensors.",
        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | 4 | f: tensor 'a' is described",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0]}} | 4 | f: tensor 'a' is described by",
        "{'a':{'dtype':'F4','shape':[1],'data_offsets':[0,1]}} | 1"
            + " | f: tensor 'a' has the unknown dtype 'F4'; known are [BOOL, U8,",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 4 | f: tensor 'a' of F32 [2] does"
            + " not fill its data_offsets [0, 4], which are 4 bytes apart. The file is damaged.",
        "{'a':{'dtype':'F32','shape':[4611686018427387903,4],'data_offsets':[0,4]}} | 4"
            + " | f: tensor 'a' of F32 [4611686018427387903, 4] does not fill",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'b':{'dtype':'F32','shape':[1],'data_offsets':[2,6]}} | 6"
            + " | f: tensors 'a' and 'b' overlap by 2 bytes. The file is damaged.",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'b':{'dtype':'F32','shape':[1],'data_offsets':[6,10]}} | 10"
            + " | f: 2 bytes before tensor 'b' belong to no tensor. The file is damaged.",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 7"
            + " | f: 3 bytes after the last tensor 'a' belong to no tensor. The file is damaged.",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 3"
            + " | f: the data of tensor 'a' should end at byte 70, but the file ends after 65. It is"
            + " truncated: copy it again.",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4"
            + " | f: the header names tensor 'a' twice.",
      })
  void refusesAHeaderThatLies(String header, int dataBytes, String message) {
    ChunkedBytes bytes = Fixtures.safetensors(header, dataBytes);
    assertThatThrownBy(() -> SafetensorsReader.open(bytes, "f"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void saysWhereTheDataEndsWhenTheFileShrinksWhileItIsRead() throws IOException {
    byte[] whole =
        Fixtures.safetensors("{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}", 16)
            .openStream()
            .readAllBytes();
    CountingSource source =
        new CountingSource(new ChunkedBytes(List.of(whole))) {
          @Override
          public InputStream from(long position) {
            int end = position == 0 ? whole.length : whole.length - 6;
            return new ByteArrayInputStream(Arrays.copyOfRange(whole, (int) position, end));
          }
        };
    try (TensorSource tensors = SafetensorsReader.open(source)) {
      assertThatThrownBy(() -> tensors.read("a"))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "counted: the file ends in the data of tensor 'a', 6 bytes too early. Copy it again.");
    }
  }

  private static void assertMessage(ChunkedBytes bytes, String message) {
    assertThatThrownBy(() -> SafetensorsReader.open(bytes, "f"))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }

  private static int[] bits(Tensor tensor) {
    float[] values = Fixtures.values(tensor);
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }

  private static class CountingSource implements ByteSource {
    private final ChunkedBytes bytes;
    private long read;
    private long position;

    CountingSource(ChunkedBytes bytes) {
      this.bytes = bytes;
    }

    @Override
    public String name() {
      return "counted";
    }

    @Override
    public long length() {
      return bytes.size();
    }

    @Override
    public InputStream from(long start) {
      assertThat(start).isGreaterThanOrEqualTo(position);
      position = start;
      return new FilterInputStream(bytes.openStream(start)) {
        @Override
        public int read(byte[] target, int offset, int count) throws IOException {
          int n = super.read(target, offset, count);
          read += Math.max(n, 0);
          position += Math.max(n, 0);
          return n;
        }
      };
    }

    @Override
    public void close() {}
  }
}
