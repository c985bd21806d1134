package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.sparkfinetune.text.ConnectionFailure;
import org.sparkfinetune.track.FileDigest;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/** The artifacts below one address: through the tracking server, or on a Hadoop file system. */
interface ArtifactStore {
  /** Where the tracking server hands artifacts on. */
  String PROXY = "/api/2.0/mlflow-artifacts/artifacts";

  /** Writes a file; one that is there is replaced. */
  void write(String path, long bytes, Supplier<InputStream> content)
      throws ServerUnavailableException, RejectedException;

  /** All files below a folder, whose path is empty for the root, with their sizes. */
  Map<String, Long> list(String folder) throws ServerUnavailableException, RejectedException;

  InputStream open(String path) throws ServerUnavailableException, RejectedException;

  /** Whether it has a file of this content, for which it is read back. */
  default boolean has(String path, long bytes, String sha256) throws ServerUnavailableException {
    try {
      int name = path.lastIndexOf('/');
      Long there = list(name < 0 ? "" : path.substring(0, name)).get(path);
      if (there == null || there != bytes) {
        return false;
      }
      try (InputStream in = open(path)) {
        return FileDigest.of(in).sha256().equals(sha256);
      }
    } catch (RejectedException e) {
      return false;
    } catch (IOException e) {
      throw new ServerUnavailableException(
          "the artifact " + path + " cannot be read back", Duration.ZERO, e);
    }
  }

  /** The store at an address that the server has given. */
  static ArtifactStore at(String address, MlflowHttp http, Configuration hadoop) {
    return address.startsWith("mlflow-artifacts:")
        ? new Proxied(http, URI.create(address).getPath().replaceAll("^/+|/+$", ""))
        : new OnHadoop(address, hadoop);
  }

  /** Through the tracking server. */
  record Proxied(MlflowHttp http, String root) implements ArtifactStore {
    private String place(String path) {
      List<String> parts = new ArrayList<>();
      for (String part : (root + "/" + path).split("/")) {
        if (!part.isEmpty()) {
          parts.add(MlflowHttp.encoded(part));
        }
      }
      return PROXY + "/" + String.join("/", parts);
    }

    @Override
    public void write(String path, long bytes, Supplier<InputStream> content)
        throws ServerUnavailableException, RejectedException {
      http.put(place(path), bytes, content);
    }

    @Override
    public Map<String, Long> list(String folder)
        throws ServerUnavailableException, RejectedException {
      Map<String, Long> files = new LinkedHashMap<>();
      list(folder, files);
      return files;
    }

    private void list(String folder, Map<String, Long> files)
        throws ServerUnavailableException, RejectedException {
      String prefix = folder.isEmpty() ? root : root + "/" + folder;
      String query = PROXY + "?path=" + MlflowHttp.encoded(prefix);
      JsonNode found;
      try {
        found = MlflowHttp.JSON.readTree(http.text(query));
      } catch (IOException e) {
        throw new ServerUnavailableException("the list of artifacts is no JSON", Duration.ZERO, e);
      }
      for (JsonNode file : found.path("files")) {
        // Some versions give names, some the whole path below the root of all artifacts.
        String name = file.path("path").asText().replaceFirst(".*/", "");
        String path = folder.isEmpty() ? name : folder + "/" + name;
        if (file.path("is_dir").asBoolean()) {
          list(path, files);
        } else {
          files.put(path, file.path("file_size").asLong());
        }
      }
    }

    @Override
    public InputStream open(String path) throws ServerUnavailableException, RejectedException {
      return http.open(place(path));
    }
  }

  /** On a Hadoop file system, for which this process has credentials of its own. */
  record OnHadoop(Path root, Configuration hadoop) implements ArtifactStore {
    OnHadoop(String address, Configuration hadoop) {
      this(new Path(schemed(address, hadoop)), hadoop);
    }

    /** MLflow writes s3 where Hadoop has s3a. */
    private static String schemed(String address, Configuration hadoop) {
      boolean bound = hadoop.get("fs.s3.impl") != null;
      return address.startsWith("s3://") && !bound ? "s3a" + address.substring(2) : address;
    }

    private static ServerUnavailableException away(IOException e) {
      return new ServerUnavailableException(
          "the artifacts cannot be reached: " + ConnectionFailure.reason(e), Duration.ZERO, e);
    }

    @Override
    public void write(String path, long bytes, Supplier<InputStream> content)
        throws ServerUnavailableException {
      Path target = new Path(root, path);
      try (InputStream in = content.get();
          OutputStream out = target.getFileSystem(hadoop).create(target, true)) {
        in.transferTo(out);
      } catch (IOException e) {
        throw away(e);
      }
    }

    @Override
    public Map<String, Long> list(String folder) throws ServerUnavailableException {
      Path start = folder.isEmpty() ? root : new Path(root, folder);
      Map<String, Long> files = new LinkedHashMap<>();
      try {
        FileSystem system = start.getFileSystem(hadoop);
        if (!system.exists(start)) {
          return files;
        }
        URI base = system.makeQualified(root).toUri();
        RemoteIterator<LocatedFileStatus> all = system.listFiles(start, true);
        while (all.hasNext()) {
          LocatedFileStatus file = all.next();
          files.put(base.relativize(file.getPath().toUri()).getPath(), file.getLen());
        }
        return files;
      } catch (IOException e) {
        throw away(e);
      }
    }

    @Override
    public InputStream open(String path) throws ServerUnavailableException {
      Path file = new Path(root, path);
      try {
        return file.getFileSystem(hadoop).open(file);
      } catch (IOException e) {
        throw away(e);
      }
    }
  }
}
