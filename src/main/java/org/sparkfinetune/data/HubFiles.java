package org.sparkfinetune.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.HubId;
import org.sparkfinetune.hub.TransferListener;

/**
 * Rows of the hub where all executors read them. Where Spark is local, that is the cache itself;
 * elsewhere a copy on Hadoop's default file system, or in the folder that {@value #SHARED} names.
 */
final class HubFiles {
  /** Hadoop's setting that names the folder of the copies. */
  static final String SHARED = "spark-finetune.hub.shared.dir";

  private static final Logger LOG = LoggerFactory.getLogger(HubFiles.class);

  private static final String PARQUET = "parquet";

  private HubFiles() {}

  /**
   * Parquet files.
   *
   * @param name the location with the commit, the configuration and the split
   */
  record Found(String name, List<FileStatus> files) {
    List<Path> paths() {
      return files.stream().map(FileStatus::getPath).toList();
    }
  }

  /**
   * The rows of a location.
   *
   * @param split that is meant where the location names none
   * @return empty when the location is none of the Hub's
   */
  static Optional<Found> find(
      SparkSession session, String location, Optional<String> split, DataFormat format) {
    if (!HubId.isUri(location)) {
      return Optional.empty();
    }
    if (!format.isAuto() && !format.format().equals(PARQUET)) {
      throw new UserException(
          "%s: data.format=%s is not what the Hub has: leave it out, or set parquet"
              .formatted(location, format.format()));
    }
    Configuration hadoop = session.sessionState().newHadoopConf();
    HubRows rows = HubRows.fetch(location, split, hadoop, TransferListener.NONE).orElseThrow();
    try {
      return Optional.of(new Found(rows.pinned(), shared(rows, session, hadoop)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<FileStatus> shared(HubRows rows, SparkSession session, Configuration hadoop)
      throws IOException {
    String set = hadoop.get(SHARED, "");
    boolean isLocal = session.sparkContext().isLocal();
    FileSystem there = set.isEmpty() ? FileSystem.get(hadoop) : new Path(set).getFileSystem(hadoop);
    boolean copies = !set.isEmpty() || !isLocal && !(there instanceof LocalFileSystem);
    if (!copies) {
      if (!isLocal) {
        LOG.warn(
            "{}: executors read {} themselves: where their disks are others, set {} to a folder that all of"
                + " them reach",
            rows.pinned(),
            rows.files().get(0).getParent(),
            SHARED);
      }
      FileSystem here = FileSystem.getLocal(hadoop);
      List<FileStatus> files = new ArrayList<>();
      for (java.nio.file.Path file : rows.files()) {
        files.add(here.getFileStatus(new Path(file.toUri())));
      }
      return files;
    }
    Path folder =
        set.isEmpty()
            ? new Path(there.getHomeDirectory(), ".spark-finetune/hub")
            : there.makeQualified(new Path(set));
    return copied(rows, there, new Path(folder, name(rows)));
  }

  /** A folder of its own for each split of each commit, whose name no Hadoop takes amiss. */
  private static String name(HubRows rows) {
    return rows.pinned().replaceFirst("^hf://", "").replaceAll("[@/]", "--").replace(" ", "_");
  }

  private static List<FileStatus> copied(HubRows rows, FileSystem there, Path folder)
      throws IOException {
    List<FileStatus> files = new ArrayList<>();
    for (java.nio.file.Path file : rows.files()) {
      Path to = new Path(folder, file.getFileName().toString());
      if (!there.exists(to) || there.getFileStatus(to).getLen() != Files.size(file)) {
        Path part = new Path(folder, "_" + file.getFileName() + "-" + UUID.randomUUID());
        try (InputStream in = Files.newInputStream(file);
            OutputStream out = there.create(part, false)) {
          in.transferTo(out);
        }
        there.delete(to, false);
        if (!there.rename(part, to)) {
          there.delete(part, false);
          throw new IOException("cannot rename " + part + " to " + to);
        }
      }
      files.add(there.getFileStatus(to));
    }
    return files;
  }
}
