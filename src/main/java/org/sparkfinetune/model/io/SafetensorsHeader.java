package org.sparkfinetune.model.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sparkfinetune.UserException;

/**
 * The head of a safetensors file: eight bytes of length, then JSON that says where each tensor
 * lies. Read with the checks of the official library: the tensors cover the data without overlap
 * and without holes, so that nothing can hide in the file or be read twice.
 *
 * @param tensors the tensors in the order of their data
 */
record SafetensorsHeader(Map<String, Entry> tensors) {
  static final String METADATA = "__metadata__";
  static final int LENGTH_BYTES = Long.BYTES;
  static final long UNKNOWN = -1;

  /**
   * Names and shapes of some 80,000 tensors: a longer header is an attack or not a header. The
   * official library's limit is twelve times as much.
   */
  private static final int MAX_HEADER_BYTES = 8 << 20;

  private static final String GIT_LFS = "version https://git-lfs";

  /**
   * @param position of the first byte, from the start of the file
   */
  record Entry(TensorInfo info, long position) {}

  static SafetensorsHeader read(ByteSource source) throws IOException {
    return read(source.from(0), source.length(), source.name());
  }

  /**
   * Reads the header at the start of a stream and nothing behind it.
   *
   * @param fileLength in bytes; {@link #UNKNOWN} for a stream whose end is not known: then what
   *     reads on must see that it ends with the last tensor
   * @param file what messages call it
   */
  static SafetensorsHeader read(InputStream in, long fileLength, String file) throws IOException {
    byte[] start = in.readNBytes(LENGTH_BYTES);
    if (start.length < LENGTH_BYTES) {
      throw new UserException(
          file
              + ": "
              + start.length
              + " bytes are too few for a safetensors file, which starts with its header's length"
              + " in 8 bytes. Copy it again.");
    }
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (Arrays.equals(start, GIT_LFS.substring(0, 8).getBytes(StandardCharsets.US_ASCII))) {
      throw new UserException(
          file + ": this is a Git LFS pointer, not the weights. Run 'git lfs pull' in its folder.");
    }
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new UserException(
          file
              + ": the header's length is given as "
              + Long.toUnsignedString(length)
              + " bytes, more than the "
              + MAX_HEADER_BYTES
              + " that one may have. This is not a safetensors file, or it is damaged.");
    }
    if (fileLength != UNKNOWN && length > fileLength - LENGTH_BYTES) {
      throw truncated(length, fileLength, file);
    }
    byte[] json = in.readNBytes((int) length);
    if (json.length < length) {
      throw truncated(length, LENGTH_BYTES + json.length, file);
    }
    return parse(json, LENGTH_BYTES + length, fileLength, file);
  }

  private static UserException truncated(long length, long fileLength, String file) {
    return new UserException(
        file
            + ": the header should be "
            + length
            + " bytes long, but the file ends after "
            + fileLength
            + ". It is truncated: copy it again.");
  }

  private static SafetensorsHeader parse(
      byte[] json, long dataStart, long fileLength, String file) {
    List<Map.Entry<String, Entry>> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    try (JsonParser parser = Json.MAPPER.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new UserException(file + ": the header is not a JSON object of tensors.");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        JsonNode value = Json.MAPPER.readTree(parser);
        if (!names.add(name)) {
          throw new UserException(file + ": the header names tensor '" + name + "' twice.");
        }
        if (!name.equals(METADATA)) {
          entries.add(Map.entry(name, entry(name, value, dataStart, file)));
        }
      }
    } catch (IOException e) {
      throw new UserException(
          file
              + ": the header is not JSON ("
              + (e instanceof JsonProcessingException parsing
                  ? parsing.getOriginalMessage()
                  : e.getMessage())
              + "). This is not a safetensors file, or it is damaged.",
          e);
    }
    // Tensors without elements share their position with the next: they come first.
    entries.sort(
        Comparator.<Map.Entry<String, Entry>>comparingLong(e -> e.getValue().position())
            .thenComparingLong(e -> e.getValue().info().bytes()));
    requireCovered(entries, dataStart, fileLength, file);
    Map<String, Entry> ordered = new LinkedHashMap<>();
    entries.forEach(e -> ordered.put(e.getKey(), e.getValue()));
    return new SafetensorsHeader(ordered);
  }

  private static Entry entry(String name, JsonNode value, long dataStart, String file) {
    JsonNode dtypeName = value.path("dtype");
    JsonNode shape = value.path("shape");
    JsonNode offsets = value.path("data_offsets");
    if (!dtypeName.isTextual() || !isLengths(shape) || !isLengths(offsets) || offsets.size() != 2) {
      throw new UserException(
          file
              + ": tensor '"
              + name
              + "' is described by "
              + value
              + "; expected dtype, shape and two data_offsets, all of them >= 0.");
    }
    DType dtype =
        DType.named(dtypeName.textValue())
            .orElseThrow(
                () ->
                    new UserException(
                        file
                            + ": tensor '"
                            + name
                            + "' has the unknown dtype '"
                            + dtypeName.textValue()
                            + "'; known are "
                            + Arrays.toString(DType.values())
                            + "."));
    if (shape.size() > TensorInfo.MAX_DIMENSIONS) {
      throw new UserException(
          file + ": tensor '" + name + "' has " + shape.size() + " dimensions; no weight has.");
    }
    List<Long> dims = new ArrayList<>();
    shape.forEach(length -> dims.add(length.longValue()));
    TensorInfo info = new TensorInfo(dtype, dims);
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    if (!hasBytes(info, end - begin)) {
      throw new UserException(
          file
              + ": tensor '"
              + name
              + "' of "
              + dtype
              + " "
              + dims
              + " does not fill its data_offsets ["
              + begin
              + ", "
              + end
              + "], which are "
              + (end - begin)
              + " bytes apart. The file is damaged.");
    }
    return new Entry(info, dataStart + begin);
  }

  private static boolean isLengths(JsonNode array) {
    if (!array.isArray()) {
      return false;
    }
    for (JsonNode element : array) {
      // Half of the range, so that a position in the file cannot overflow.
      if (!element.canConvertToLong()
          || !element.isIntegralNumber()
          || element.longValue() < 0
          || element.longValue() > Long.MAX_VALUE / 2) {
        return false;
      }
    }
    return true;
  }

  private static boolean hasBytes(TensorInfo info, long bytes) {
    try {
      return info.bytes() == bytes;
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private static void requireCovered(
      List<Map.Entry<String, Entry>> entries, long dataStart, long fileLength, String file) {
    long end = dataStart;
    String before = null;
    for (Map.Entry<String, Entry> e : entries) {
      String name = e.getKey();
      long position = e.getValue().position();
      if (position < end) {
        throw new UserException(
            file
                + ": tensors '"
                + before
                + "' and '"
                + name
                + "' overlap by "
                + (end - position)
                + " bytes. The file is damaged.");
      }
      if (position > end) {
        throw new UserException(
            file
                + ": "
                + (position - end)
                + " bytes before tensor '"
                + name
                + "' belong to no tensor. The file is damaged.");
      }
      end = position + e.getValue().info().bytes();
      before = name;
      if (fileLength != UNKNOWN && end > fileLength) {
        throw new UserException(
            file
                + ": the data of tensor '"
                + name
                + "' should end at byte "
                + end
                + ", but the file ends after "
                + fileLength
                + ". It is truncated: copy it again.");
      }
    }
    if (end < fileLength) {
      throw new UserException(
          file
              + ": "
              + (fileLength - end)
              + " bytes after "
              + (before == null ? "the header" : "the last tensor '" + before + "'")
              + " belong to no tensor. The file is damaged.");
    }
  }
}
