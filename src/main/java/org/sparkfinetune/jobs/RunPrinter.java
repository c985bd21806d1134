package org.sparkfinetune.jobs;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.storage.OutputFiles;

/** Prints where what a job has made is. */
final class RunPrinter {
  /** What files are called in lists, in their order. */
  private static final Map<String, String> NAMES = names();

  private RunPrinter() {}

  private static Map<String, String> names() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put(OutputFiles.STUDY, "study");
    names.put(OutputFiles.BEST_CONFIG, "best setting");
    names.put(OutputFiles.MODEL, "model");
    names.put(OutputFiles.METRICS, "metrics");
    names.put(OutputFiles.ISSUES, "issues");
    names.put(OutputFiles.DUPLICATES, "duplicates");
    names.put(OutputFiles.AUDIT, "figures");
    names.put(OutputFiles.LOG_HISTORY, "loss history");
    names.put(OutputFiles.CONFIG, "configuration");
    names.put(OutputFiles.PAGE, "page");
    names.put(OutputFiles.TEXT_REPORT, "report");
    names.put(OutputFiles.CONFUSION_MATRIX, "confusions");
    return names;
  }

  /** Prints paths, by the name of the file. */
  static void files(Console console, Map<String, String> files) {
    NAMES.forEach(
        (file, name) -> {
          if (files.containsKey(file)) {
            place(console, name, files.get(file));
          }
        });
  }

  /** Prints where the record of a run is, and what is still to be done for it. */
  static void record(Console console, RecordedRun run) {
    place(console, "journal", run.journal());
    run.address().ifPresent(address -> place(console, "tracked run", address));
    run.notes().forEach(note -> console.line("%s", note));
  }

  private static void place(Console console, String name, String path) {
    console.line("%-13s  %s", name, path);
  }

  /** The path of another file in the folder of a file. */
  static String beside(String file, String name) {
    return file.substring(0, file.lastIndexOf('/') + 1) + name;
  }
}
