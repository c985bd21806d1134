package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

/** Files of torch.save, made by tools/goldens/model_io.py. */
class TorchReaderTest {
  @ParameterizedTest
  @ValueSource(strings = {"state-dict", "protocol-4"})
  void readsEveryLayoutAsPyTorchDoes(String file) throws IOException {
    Map<String, float[]> expected =
        Fixtures.readAll(
            SafetensorsReader.open(Fixtures.bytes("pickles/state-dict.safetensors"), "expected"));
    Map<String, float[]> read = Fixtures.readAll(open(Fixtures.bytes("pickles/" + file + ".bin")));
    assertThat(read).hasSameSizeAs(expected);
    expected.forEach((name, values) -> assertThat(read.get(name)).as(name).isEqualTo(values));
  }

  @Test
  void listsTypesAndShapes() throws IOException {
    try (TensorSource source = open(Fixtures.bytes("pickles/state-dict.bin"))) {
      assertThat(source.tensors())
          .containsEntry("transposed", new TensorInfo(DType.F32, List.of(4L, 6L)))
          .containsEntry("cube", new TensorInfo(DType.F32, List.of(4L, 2L, 3L)))
          .containsEntry("bfloat", new TensorInfo(DType.BF16, List.of(2L)))
          .containsEntry("scalar", new TensorInfo(DType.F32, List.of()))
          .containsEntry("position_ids", new TensorInfo(DType.I64, List.of(3L)));
      assertThatThrownBy(() -> source.read("position_ids"))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("tensor 'position_ids' holds I64, which is not a floating-point");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "code | it names 'posix.system', code that loading it in Python would run or import",
        "module | it names 'torch.nn.modules.linear.Linear', code that loading it in Python would",
        "nested | at 'state_dict' it holds a dict",
        "list | it holds a list",
      })
  void refusesWhatIsNoDictOfTensors(String file, String what) {
    assertThatThrownBy(() -> open(Fixtures.bytes("pickles/" + file + ".bin")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("f: not a dict of plain tensors: " + what)
        .hasMessageContaining(". Nothing of it was run. If you trust where it came from,");
    assertThat(Path.of("pickle-was-executed")).doesNotExist();
  }

  @Test
  void refusesThePicklesOfOldPyTorch() {
    assertThatThrownBy(() -> open(Fixtures.bytes("pickles/legacy.bin")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "f: a pickle in the format of PyTorch before 1.6, which is not read. Nothing of it was"
                + " run.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // os.system by GLOBAL, by STACK_GLOBAL, and an extension's code
        "cos\\nsystem\\n. | it names 'os.system'",
        "\\x8c\\x02os\\x8c\\x06system\\x93. | it names 'os.system'",
        "\\x82\\x01. | it has the instruction 0x82, which no state dict needs",
        "ccollections\\nOrderedDict\\n(K\\x01tR. | it makes an OrderedDict of 1 arguments",
        "ctorch\\nFloatStorage\\n)R. | it calls 'torch FloatStorage'",
        "]}b. | it sets attributes of a list",
        "}K\\x01K\\x02s. | a dict has a Long for a key",
        "K\\x01Q. | its instructions make no sense",
        "h\\x05. | its instructions make no sense",
        "} | its instructions make no sense",
        "X\\xff\\xff\\xff\\x7f. | its instructions make no sense",
        "(X\\x07\\x00\\x00\\x00storagectorch\\nQInt8Storage\\nttQ. |"
            + " it names 'torch.QInt8Storage'",
        "K\\x01. | it holds a Long",
        "N. | it holds None",
      })
  void refusesEveryOtherInstruction(String pickle, String what) {
    assertThatThrownBy(() -> StateDictPickle.parse(bytes(pickle), "f"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("f: not a dict of plain tensors: " + what);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // offset, size, stride of a storage of 24 floats
        "K\\x01(K\\x06K\\x04t(K\\x04K\\x01t",
        "K\\x00(K\\x06K\\x05t(K\\x04K\\x01t",
        "J\\xff\\xff\\xff\\xff(K\\x01t(K\\x01t",
        "K\\x00(K\\x64t(K\\x00t",
        "K\\x00(K\\x01t(K\\x01K\\x01t",
        "K\\x00(\\x8a\\x08\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7fK\\x02t(K\\x02K\\x01t",
      })
  void refusesATensorOutsideOfItsStorage(String view) {
    String pickle =
        "}X\\x01\\x00\\x00\\x00actorch._utils\\n_rebuild_tensor_v2\\n((X\\x07\\x00\\x00\\x00storage"
            + "ctorch\\nFloatStorage\\nX\\x01\\x00\\x00\\x000X\\x03\\x00\\x00\\x00cpuK\\x18tQ"
            + view
            + "\\x89NtRs.";
    assertThatThrownBy(() -> StateDictPickle.parse(bytes(pickle), "f"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("f: a tensor of shape [")
        .hasMessageContaining("does not lie within its storage '0' of 24 elements.");
  }

  @Test
  void refusesAnArchiveThatLies() throws IOException {
    assertMessage(edit("../evil", null), "f: the archive has a member '../evil', whose path leads");
    assertMessage(
        edit(null, "data/0"),
        "f: the data of tensor 'matrix' is missing: the archive has no member");
    assertMessage(
        edit(null, "data.pkl"),
        "f: not a file that torch.save wrote: of its members 0 are named data.pkl; expected one.");
    assertMessage(
        edit("other/data.pkl", null),
        "f: not a file that torch.save wrote: of its members 2 are named data.pkl; expected one.");
    assertMessage(
        edit(null, null),
        "f: not a sound zip archive: its member 'state-dict/data/0' is compressed, which PyTorch"
            + " never does.");
  }

  @Test
  void refusesWhatIsNoArchive() {
    assertMessage(
        new ChunkedBytes(List.of("no zip file at all, but text".getBytes(StandardCharsets.UTF_8))),
        "f: not a sound zip archive: it has no directory of members at its end.");
    assertMessage(new ChunkedBytes(List.of()), "f: not a sound zip archive: it has no directory");
  }

  @Test
  void refusesATruncatedFileWhereverItEnds() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("pickles/state-dict.bin"));
    for (int length = 3; length < whole.length; length += 37) {
      ChunkedBytes cut = new ChunkedBytes(List.of(Arrays.copyOf(whole, length)));
      assertThatThrownBy(() -> open(cut)).as("%d", length).isInstanceOf(UserException.class);
    }
  }

  /** The state dict's archive with one member more or less, all of them compressed by Java. */
  private static ChunkedBytes edit(String added, String left) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipFile in = new ZipFile(Fixtures.path("pickles/state-dict.bin").toFile());
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (ZipEntry entry : Collections.list(in.entries())) {
        if (left == null || !entry.getName().endsWith("/" + left)) {
          zip.putNextEntry(new ZipEntry(entry.getName()));
          in.getInputStream(entry).transferTo(zip);
        }
      }
      if (added != null) {
        zip.putNextEntry(new ZipEntry(added));
      }
    }
    return new ChunkedBytes(List.of(out.toByteArray()));
  }

  private static void assertMessage(ChunkedBytes bytes, String message) {
    assertThatThrownBy(() -> open(bytes))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }

  private static byte[] bytes(String escaped) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c != '\\') {
        bytes.write(c);
      } else if (escaped.charAt(++i) == 'n') {
        bytes.write('\n');
      } else {
        bytes.write(Integer.parseInt(escaped.substring(i + 1, i + 3), 16));
        i += 2;
      }
    }
    return bytes.toByteArray();
  }

  private static TensorSource open(ChunkedBytes bytes) throws IOException {
    ByteSource source = ByteSource.memory(bytes, "f");
    return new StoredTensors("f", TorchReader.stored(source), List.of(source));
  }
}
