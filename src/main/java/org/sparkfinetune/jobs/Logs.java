package org.sparkfinetune.jobs;

import java.util.Optional;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * What the terminal shows of the log. conf/log4j2.properties, which the scripts pass, reads these
 * system properties.
 */
final class Logs {
  private static final String FILE = "spark-finetune.log.file";
  private static final String FILE_LEVEL = "spark-finetune.log.level";
  private static final String TERMINAL_LEVEL = "spark-finetune.log.terminal";
  private static final String OUR_TERMINAL_LEVEL = "spark-finetune.log.terminal.ours";

  private Logs() {}

  /** Shows messages from a level on: {@code off}, {@code error}, {@code warn}, ... */
  static void show(String level) {
    if (!level.equals("off")) {
      System.setProperty(TERMINAL_LEVEL, level);
      if (level.equals("info") || level.equals("debug")) {
        System.setProperty(OUR_TERMINAL_LEVEL, level);
        System.setProperty(FILE_LEVEL, level);
      }
      Configurator.reconfigure();
      clean();
    }
  }

  /** From now on the log is {@link CleanLog}; a log that is not ours is left as it is. */
  static void clean() {
    if (file().isPresent()) {
      CleanLog.install();
    }
  }

  /** Where the log is; empty when the user logs with a configuration of his own. */
  static Optional<String> file() {
    return Optional.ofNullable(System.getProperty(FILE));
  }
}
