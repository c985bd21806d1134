package org.sparkfinetune;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.security.CodeSource;
import java.util.Optional;
import java.util.Properties;

/**
 * The jar, or folder, that a class of a library was loaded from. Where several jars bring a
 * library, another one's files say nothing of the classes that this process has.
 *
 * @param location its URL; empty where the class loader does not tell
 */
public record LibraryJar(String location) {
  /** The one that {@code type} was loaded from. */
  public static LibraryJar of(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return new LibraryJar(
        source == null || source.getLocation() == null ? "" : source.getLocation().toString());
  }

  /** Its file name; {@code an unknown jar} where its place is not known. */
  public String name() {
    String path = location.replaceAll("(!/|/)+$", "");
    return path.isEmpty() ? "an unknown jar" : path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * The version of a library in it, as Maven has noted it there; empty where nothing is noted.
   *
   * @param artifact as {@code org.bytedeco:javacpp}
   */
  public Optional<String> version(String artifact) {
    String file = "META-INF/maven/" + artifact.replace(':', '/') + "/pom.properties";
    try {
      URLConnection connection =
          new URL(location.endsWith("/") ? location + file : "jar:" + location + "!/" + file)
              .openConnection();
      // The jar may be another one's to close.
      connection.setUseCaches(false);
      Properties properties = new Properties();
      try (InputStream in = connection.getInputStream()) {
        properties.load(in);
      }
      return Optional.ofNullable(properties.getProperty("version"));
    } catch (IOException none) {
      return Optional.empty();
    }
  }
}
