package org.sparkfinetune;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Which build of this project runs.
 *
 * @param version as in the jar's name
 * @param commit of git's that it was built from, {@code -dirty} behind it when files had changed
 *     since; empty where that was not known
 */
public record BuildInfo(String version, String commit) {
  private static final String FILE = "build.properties";

  /** This build, as Maven has noted it. */
  public static BuildInfo read() {
    try (InputStream in = BuildInfo.class.getResourceAsStream(FILE)) {
      Properties properties = new Properties();
      properties.load(in);
      String commit = properties.getProperty("commit");
      // What Maven could not fill in stands as it is.
      boolean known = !commit.contains("$");
      boolean dirty = properties.getProperty("dirty").equals("true");
      return new BuildInfo(
          properties.getProperty("version"), known ? commit + (dirty ? "-dirty" : "") : "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
