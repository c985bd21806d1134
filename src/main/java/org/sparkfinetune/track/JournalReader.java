package org.sparkfinetune.track;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;

/** Reads what journals hold as runs; also while they are written, and where they were copied to. */
public final class JournalReader {
  /** How far below a folder its journals are looked for. */
  private static final int DEPTH = 3;

  private JournalReader() {}

  /**
   * The runs of all journals in a folder, or up to three folders below it, in the order in which
   * they began.
   *
   * @throws UserException when it cannot be read
   */
  public static List<RunSnapshot> runs(Path folder, Configuration hadoop) {
    try {
      FileSystem files = folder.getFileSystem(hadoop);
      List<Path> journals = new ArrayList<>();
      if (files.exists(folder)) {
        find(files, folder, DEPTH, journals);
      }
      List<RunSnapshot> runs = new ArrayList<>();
      for (Path journal : journals) {
        runs.addAll(read(files, journal));
      }
      runs.sort((a, b) -> Long.compare(a.start(), b.start()));
      return runs;
    } catch (IOException e) {
      throw new UserException("the journals in " + folder + " cannot be read: " + e, e);
    }
  }

  private static void find(FileSystem files, Path folder, int depth, List<Path> journals)
      throws IOException {
    for (FileStatus status : files.listStatus(folder)) {
      if (status.isDirectory() && depth > 0) {
        find(files, status.getPath(), depth - 1, journals);
      } else if (status.getPath().getName().equals(JournalFile.NAME)) {
        journals.add(status.getPath());
      }
    }
  }

  private static List<RunSnapshot> read(FileSystem files, Path journal) throws IOException {
    Map<String, RunBuilder> runs = new LinkedHashMap<>();
    try (InputStream in = new BufferedInputStream(files.open(journal), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int next = in.read(); next >= 0; next = in.read()) {
        if (next != '\n') {
          // What is longer is no line of a journal, and is read no further than to know that.
          if (line.size() <= JournalFile.LONGEST_LINE) {
            line.write(next);
          }
          continue;
        }
        byte[] bytes = line.toByteArray();
        line.reset();
        try {
          TrackingEvent event = EventJson.read(bytes, 0, bytes.length).event();
          runs.computeIfAbsent(event.run(), RunBuilder::new).add(event);
        } catch (IOException | RuntimeException e) {
          // Damaged: who writes the journal counts it and says so.
          continue;
        }
      }
    }
    return runs.values().stream().map(RunBuilder::build).toList();
  }
}
