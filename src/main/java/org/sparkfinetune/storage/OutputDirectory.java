package org.sparkfinetune.storage;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;

/**
 * The folder that a job writes to, on any Hadoop file system.
 *
 * <p>A folder that holds something is refused unless the user asks to overwrite; then what the job
 * itself writes is replaced, by name, and everything else is left alone.
 */
public final class OutputDirectory {
  private final Path root;
  private final FileSystem fileSystem;

  /** The file system of paths without a scheme. */
  private final URI usual;

  private OutputDirectory(Path root, FileSystem fileSystem, Configuration hadoop) {
    this.root = root;
    this.fileSystem = fileSystem;
    usual = FileSystem.getDefaultUri(hadoop);
  }

  /** The Hugging Face folder that a training which diverged leaves; it stands in nobody's way. */
  public static final String LAST_GOOD = "last_good_model";

  /** The folder of a run's journal, which a job that goes on finds there. */
  public static final String JOURNAL = "tracking";

  /**
   * Opens a folder to write to. Creates and deletes nothing yet.
   *
   * @param owned the names that the job writes in it
   * @throws UserException when it is a file, or not empty and not to be overwritten
   */
  public static OutputDirectory open(
      String path, boolean overwrite, List<String> owned, Configuration hadoop) throws IOException {
    FileSystem fileSystem = fileSystem(path, hadoop);
    Path root = new Path(path);
    OutputDirectory output =
        new OutputDirectory(fileSystem.makeQualified(root), fileSystem, hadoop);
    if (!fileSystem.exists(root)) {
      return output;
    }
    if (!fileSystem.getFileStatus(root).isDirectory()) {
      throw new UserException("output=" + path + " is a file: expected a folder to write to");
    }
    boolean empty =
        Arrays.stream(fileSystem.listStatus(root))
            .map(status -> status.getPath().getName())
            .allMatch(name -> name.equals(LAST_GOOD) || name.equals(JOURNAL));
    if (!empty && !overwrite) {
      throw new UserException(
          "output=" + path + " is not empty: choose another, or set overwrite=true");
    }
    for (String name : owned) {
      output.checkReplaceable(name);
    }
    return output;
  }

  /**
   * The file system of an output.
   *
   * @throws UserException when the path is none, or nothing can be written to it
   */
  static FileSystem fileSystem(String path, Configuration hadoop) throws IOException {
    String setting = "output=" + path;
    if (path.contains("${")) {
      throw new UserException(
          setting
              + ": a path with ${ is not written to as it stands, since Hadoop fills in what it"
              + " knows of: choose another, or write what it stands for");
    }
    return Storage.ask(setting, path, hadoop, (files, at) -> files);
  }

  /** A folder of the user's that happens to be called "model" must not be taken for one of ours. */
  private void checkReplaceable(String name) throws IOException {
    Path path = new Path(root, name);
    if (!name.equals(LAST_GOOD)
        && fileSystem.exists(path)
        && fileSystem.getFileStatus(path).isDirectory()
        && !isWrittenBySpark(path)) {
      throw foreign(name);
    }
  }

  private UserException foreign(String name) {
    return new UserException(
        path(name) + " was not written by this job: move it away, or choose another output");
  }

  /**
   * Checks that nothing of the user's is in a folder below, if that is there.
   *
   * @param own whether something in it is the job's
   * @throws UserException when there is something else
   */
  public void requireOwn(String name, Predicate<FileStatus> own) throws IOException {
    Path folder = new Path(root, name);
    if (fileSystem.exists(folder) && !Arrays.stream(fileSystem.listStatus(folder)).allMatch(own)) {
      throw foreign(name);
    }
  }

  private boolean isWrittenBySpark(Path path) throws IOException {
    return Arrays.stream(fileSystem.listStatus(path))
        .map(status -> status.getPath().getName())
        .allMatch(
            name ->
                name.startsWith("part-")
                    || name.startsWith("_")
                    || name.startsWith(".")
                    || name.equals("metadata")
                    || name.equals("stages"));
  }

  /** Deletes what an earlier run left, so that no file of it is taken for this one's. */
  public void clear(List<String> owned) throws IOException {
    for (String name : owned) {
      fileSystem.delete(new Path(root, name), true);
    }
  }

  /** Deletes one thing in the folder, if it is there. */
  public void delete(String name) throws IOException {
    fileSystem.delete(new Path(root, name), true);
  }

  /** Deletes all in a folder below, if it is there, but for one thing. */
  public void deleteBut(String name, String left) throws IOException {
    Path folder = new Path(root, name);
    if (fileSystem.exists(folder)) {
      for (FileStatus status : fileSystem.listStatus(folder)) {
        if (!status.getPath().getName().equals(left)) {
          fileSystem.delete(status.getPath(), true);
        }
      }
    }
  }

  /** Gives something in the folder another name in it; folders of that name are made. */
  public void rename(String name, String to) throws IOException {
    fileSystem.mkdirs(new Path(root, to).getParent());
    if (!fileSystem.rename(new Path(root, name), new Path(root, to))) {
      throw new IOException(path(name) + " cannot be renamed to " + path(to));
    }
  }

  /**
   * The whole path of a name in the folder, as Hadoop and Spark take it; a local one without {@code
   * file:}, unless paths without a scheme are elsewhere, on HDFS say.
   */
  public String path(String name) {
    Path path = name.isEmpty() ? root : new Path(root, name);
    return isLocal() && isLocal(usual) ? path.toUri().getPath() : path.toString();
  }

  private boolean isLocal() {
    return isLocal(root.toUri());
  }

  private static boolean isLocal(URI place) {
    return "file".equals(place.getScheme());
  }

  /** A name in the folder as a path of this machine's disk; empty when it is elsewhere. */
  public Optional<java.nio.file.Path> local(String name) {
    return isLocal()
        ? Optional.of(java.nio.file.Path.of(root.toUri().getPath(), name))
        : Optional.empty();
  }

  /** Whether there is something of a name in the folder. */
  public boolean exists(String name) throws IOException {
    return fileSystem.exists(new Path(root, name));
  }

  /** Writes a text file in UTF-8. */
  public void write(String name, String text) throws IOException {
    try (OutputStream out = fileSystem.create(new Path(root, name), true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Reads a text file in UTF-8. */
  public String read(String name) throws IOException {
    try (InputStream in = fileSystem.open(new Path(root, name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Copies a stream to a file. */
  public void write(String name, InputStream in) throws IOException {
    try (OutputStream out = fileSystem.create(new Path(root, name), true)) {
      in.transferTo(out);
    }
  }

  /** Writes numbers as a flat JSON object; what JSON has no number for becomes null. */
  public void writeJson(String name, Map<String, Double> numbers) throws IOException {
    write(name, json(jsonNumbers(numbers)));
  }

  /** Writes a JSON list of flat objects. */
  public void writeJson(String name, List<Map<String, Double>> list) throws IOException {
    write(name, json(list.stream().map(OutputDirectory::jsonNumbers).toList()));
  }

  /** Writes a JSON object of any depth; numbers that are not finite are null. */
  public void writeJsonTree(String name, Map<String, ?> tree) throws IOException {
    write(name, json(finite(tree)));
  }

  private static Object finite(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> all = new LinkedHashMap<>();
      map.forEach((key, of) -> all.put(key, finite(of)));
      return all;
    } else if (value instanceof List<?> list) {
      return list.stream().map(OutputDirectory::finite).toList();
    }
    return value instanceof Double number && !Double.isFinite(number) ? null : value;
  }

  private static Map<String, Object> jsonNumbers(Map<String, Double> numbers) {
    Map<String, Object> json = new LinkedHashMap<>();
    numbers.forEach(
        (name, value) -> {
          boolean whole = value == Math.rint(value) && Math.abs(value) < 1L << 53;
          Object number = whole ? (Object) value.longValue() : value;
          json.put(name, Double.isFinite(value) ? number : null);
        });
    return json;
  }

  private static String json(Object value) throws IOException {
    return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value)
        + "\n";
  }

  /**
   * Checks that Spark may write a data set to a path, before the work is done.
   *
   * @throws UserException when something is there that is not to be overwritten, or that Spark did
   *     not write
   */
  public static void checkDataSet(String path, boolean overwrite, Configuration hadoop)
      throws IOException {
    FileSystem fileSystem = fileSystem(path, hadoop);
    Path root = new Path(path);
    if (!fileSystem.exists(root)) {
      return;
    }
    FileStatus status = fileSystem.getFileStatus(root);
    boolean empty = status.isDirectory() && fileSystem.listStatus(root).length == 0;
    if (!overwrite && !empty) {
      throw new UserException("output=" + path + " exists: choose another, or set overwrite=true");
    }
    OutputDirectory output = new OutputDirectory(root, fileSystem, hadoop);
    if (status.isDirectory() && !output.isWrittenBySpark(root)) {
      throw new UserException(
          "output="
              + path
              + " holds other files than rows, which overwrite=true would delete:"
              + " choose another");
    }
  }
}
