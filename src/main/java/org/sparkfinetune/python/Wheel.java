package org.sparkfinetune.python;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.Base64;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A package as {@code pip} installs it: a ZIP file of modules, of what they are called and need,
 * and of a list with the hash of each. The same files give the same bytes.
 */
final class Wheel {
  /** The first day that ZIP knows. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final String name;
  private final String version;
  private final SortedMap<String, byte[]> files = new TreeMap<>();

  /**
   * @param version as Python numbers versions
   * @param metadata the lines of {@code METADATA} after name and version
   */
  Wheel(String name, String version, String metadata) {
    this.name = name;
    this.version = version;
    add(
        info("METADATA"),
        "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s".formatted(name, version, metadata));
    add(
        info("WHEEL"),
        "Wheel-Version: 1.0\nGenerator: " + name + "\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  }

  /** What the file must be called. */
  String fileName() {
    return name + "-" + version + "-py3-none-any.whl";
  }

  void add(String path, byte[] content) {
    if (files.put(path, content) != null) {
      throw new IllegalStateException(path + " is in the wheel twice");
    }
  }

  void add(String path, String content) {
    add(path, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The path of a file beside {@code METADATA}. */
  String info(String file) {
    return name + "-" + version + ".dist-info/" + file;
  }

  byte[] bytes() throws IOException {
    StringBuilder record = new StringBuilder();
    files.forEach(
        (path, content) ->
            record.append("%s,sha256=%s,%d\n".formatted(path, hash(content), content.length)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        put(zip, file.getKey(), file.getValue());
      }
      String own = info("RECORD");
      put(zip, own, (record + own + ",,\n").getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String path, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(path);
    entry.setTimeLocal(TIME);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static String hash(byte[] content) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
