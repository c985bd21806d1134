package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;

/**
 * Reads {@code pytorch_model.bin}, the state dict that {@code torch.save} writes: a zip archive
 * with a pickle ({@code data.pkl}) of the tensors' shapes and a member of plain bytes ({@code
 * data/N}) for each storage.
 *
 * <p>libtorch has an unpickler of its own ({@code torch::pickle_load}), which executes nothing
 * either. It is not used for two reasons: it takes the file as one array in memory and copies the
 * tensors out of it, which is twice the model; and of what {@code Module.state_dict()} returns, an
 * OrderedDict with the attribute {@code _metadata}, it gives back None (libtorch 2.10).
 */
final class TorchReader {
  private static final String PICKLE = "data.pkl";

  /** Names and shapes of some 10,000 tensors: more than any encoder has. */
  private static final long MAX_PICKLE_BYTES = 2 << 20;

  private TorchReader() {}

  /**
   * Where the tensors of a file lie, in the order of their data; views of one storage share it.
   *
   * @throws UserException when it is anything but a dict of plain tensors
   */
  static Map<String, StoredTensor> stored(ByteSource source) throws IOException {
    requireZip(source);
    ZipArchive archive = new ZipArchive(source);
    String root = root(archive, source);
    Map<String, Long> positions = new HashMap<>();
    List<Map.Entry<String, StoredTensor>> entries = new ArrayList<>();
    for (Map.Entry<String, StateDictPickle.View> e :
        StateDictPickle.parse(pickle(archive, root, source), source.name()).entrySet()) {
      StateDictPickle.View view = e.getValue();
      StateDictPickle.Storage storage = view.storage();
      Long start = positions.get(storage.key());
      if (start == null) {
        start = position(archive, root, storage, e.getKey(), source);
        positions.put(storage.key(), start);
      }
      TensorInfo info = new TensorInfo(storage.dtype(), view.shape());
      long first = start + view.offset() * storage.dtype().bytes();
      entries.add(Map.entry(e.getKey(), new StoredTensor(source, first, info, view.strides())));
    }
    entries.sort(Comparator.comparingLong(e -> e.getValue().position()));
    Map<String, StoredTensor> ordered = new LinkedHashMap<>();
    entries.forEach(e -> ordered.put(e.getKey(), e.getValue()));
    return ordered;
  }

  private static void requireZip(ByteSource source) throws IOException {
    byte[] start = source.from(0).readNBytes(2);
    if (start.length == 2 && start[0] == (byte) 0x80) {
      throw new UserException(
          source.name()
              + ": a pickle in the format of PyTorch before 1.6, which is not read. Nothing of it was"
              + " run. If you trust where it came from, convert it in Python: torch.save(torch.load("
              + "'pytorch_model.bin', weights_only=True), 'pytorch_model.bin').");
    }
  }

  /** The folder in the archive, which is named after the file that was saved, with its slash. */
  private static String root(ZipArchive archive, ByteSource source) {
    List<String> pickles =
        archive.names().stream()
            .filter(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE))
            .toList();
    if (pickles.size() != 1) {
      throw new UserException(
          source.name()
              + ": not a file that torch.save wrote: of its members "
              + pickles.size()
              + " are named "
              + PICKLE
              + "; expected one.");
    }
    return pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
  }

  private static byte[] pickle(ZipArchive archive, String root, ByteSource source)
      throws IOException {
    String order = root + "byteorder";
    if (archive.names().contains(order)
        && !new String(read(archive, order, source), StandardCharsets.US_ASCII).equals("little")) {
      throw new UserException(
          source.name()
              + ": saved on a big-endian machine, which is not read. Save it as safetensors.");
    }
    return read(archive, root + PICKLE, source);
  }

  private static byte[] read(ZipArchive archive, String member, ByteSource source)
      throws IOException {
    if (archive.size(member) > MAX_PICKLE_BYTES) {
      throw new UserException(
          source.name()
              + ": its "
              + member
              + " has "
              + archive.size(member)
              + " bytes, more than names and shapes of any model need.");
    }
    try (ByteSource bytes = archive.open(member);
        InputStream in = bytes.from(0)) {
      return in.readNBytes((int) archive.size(member));
    }
  }

  private static long position(
      ZipArchive archive,
      String root,
      StateDictPickle.Storage storage,
      String tensor,
      ByteSource source)
      throws IOException {
    String member = root + "data/" + storage.key();
    if (!archive.names().contains(member)) {
      throw new UserException(
          source.name()
              + ": the data of tensor '"
              + tensor
              + "' is missing: the archive has no member '"
              + member
              + "'. Copy the file again.");
    }
    long bytes = archive.size(member);
    int each = storage.dtype().bytes();
    if (bytes % each != 0 || bytes / each != storage.elements()) {
      throw new UserException(
          source.name()
              + ": the data of tensor '"
              + tensor
              + "' has "
              + bytes
              + " bytes; its storage should have "
              + storage.elements()
              + " "
              + storage.dtype()
              + " of "
              + each
              + " bytes. The file is damaged.");
    }
    return archive.position(member);
  }
}
