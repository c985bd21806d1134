package org.sparkfinetune.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.TextFile;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.text.Redaction;

/**
 * A file of HOCON, JSON or properties, with the files that it includes. What it costs is bounded,
 * whoever has written it, and it has nothing else read than files: a local one any of this machine,
 * a remote one those beside itself.
 */
public final class ConfigFile {
  /** A scheme of one letter would be a drive of Windows. */
  private static final String WITH_SCHEME = "[A-Za-z][A-Za-z0-9+.-]+:.*";

  /** No configuration is larger, and parsing takes a hundred times as much memory. */
  public static final int MOST_BYTES = 1 << 20;

  /** Read for one configuration; files that include one twice each would double. */
  private static final int MOST_FILES = 100;

  /** Where a configuration lies. */
  private sealed interface Place {
    String text() throws IOException;

    /** What an {@code include} in it names; null when there is none. */
    Place named(String name) throws IOException;

    /** Refuses to include what is no file. */
    default UserException refused(String what) {
      return new UserException(
          this
              + ": it includes '"
              + what
              + "': only files are included, by their names. Give what lies elsewhere with a --conf"
              + " of its own");
    }
  }

  private record Local(Path file) implements Place {
    @Override
    public String text() throws IOException {
      return TextFile.read(file, MOST_BYTES);
    }

    @Override
    public Place named(String name) {
      Path named = file.resolveSibling(name);
      Path withSuffix = named.resolveSibling(named.getFileName() + ".conf");
      return Files.isRegularFile(named)
          ? new Local(named)
          : Files.isRegularFile(withSuffix) ? new Local(withSuffix) : null;
    }

    @Override
    public String toString() {
      return file.toString();
    }
  }

  private record Remote(String path, Configuration hadoop) implements Place {
    @Override
    public String text() throws IOException {
      return TextFile.read(path, hadoop, MOST_BYTES);
    }

    @Override
    public Place named(String name) throws IOException {
      if (!name.matches("[^/\\\\:]+") || name.equals("..")) {
        throw new UserException(
            this
                + ": it includes '"
                + name
                + "'; a file elsewhere than on this machine may include those beside itself, by"
                + " their plain names. Give others with a --conf of their own");
      }
      for (String suffix : new String[] {"", ".conf"}) {
        org.apache.hadoop.fs.Path named =
            new org.apache.hadoop.fs.Path(
                new org.apache.hadoop.fs.Path(path).getParent(), name + suffix);
        if (named.getFileSystem(hadoop).exists(named)) {
          return new Remote(named.toString(), hadoop);
        }
      }
      return null;
    }

    @Override
    public String toString() {
      return Redaction.text(path);
    }
  }

  /** No place: a file that somebody else has made includes nothing. */
  private record Foreign(String name, String text) implements Place {
    @Override
    public Place named(String included) {
      throw refused(included);
    }

    @Override
    public UserException refused(String what) {
      return new UserException(
          this + ": it includes '" + what + "', as no job writes it; nothing is included here");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * What the library asks for what is included. Without all four interfaces it would follow those
   * that are missing.
   *
   * @param open the files that are being read
   * @param files how many were read
   */
  private record Includes(Place place, Set<String> open, AtomicInteger files)
      implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      if (what.matches(WITH_SCHEME)) {
        throw place.refused(what);
      }
      try {
        Place named = place.named(what);
        if (named == null) {
          throw new UserException(
              place + ": it includes '" + what + "', and there is no such file");
        }
        return parse(named, open, files).root();
      } catch (IOException | InvalidPathException e) {
        throw new UserException(
            place + ": '" + what + "', which it includes, cannot be read: " + Failures.summary(e),
            e);
      }
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      boolean local = place instanceof Local;
      // By its name a local file is found from the working directory, as the format has it.
      return include(context, local ? what.getAbsolutePath() : what.toString());
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
      throw place.refused(what.toString());
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      throw place.refused(what);
    }
  }

  private ConfigFile() {}

  /** Whether a path is one of a Hadoop file system, and none of this machine's own. */
  static boolean hasScheme(String path) {
    return path.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*");
  }

  /**
   * Reads a file.
   *
   * @param path on this machine or, with a scheme, on a Hadoop file system
   * @param hadoop asked for when it is needed
   * @throws UserException when it cannot be read; the message names file and line
   */
  public static Config read(String path, Supplier<Configuration> hadoop) {
    try {
      Place place = place(path, hadoop);
      try {
        Config parsed = parse(place, Set.of(), new AtomicInteger());
        HoconExpansion.check(place.toString(), parsed);
        return parsed.resolve();
      } catch (StackOverflowError e) {
        throw new UserException(place + ": its values refer to each other too deeply", e);
      }
    } catch (FileNotFoundException | InvalidPathException e) {
      throw new UserException("--conf " + Redaction.text(path) + ": there is no such file", e);
    } catch (IOException e) {
      throw new UserException(
          "--conf " + Redaction.text(path) + " cannot be read: " + Failures.summary(e), e);
    } catch (ConfigException e) {
      throw new UserException("--conf " + e.getMessage(), e);
    }
  }

  private static Place place(String path, Supplier<Configuration> hadoop)
      throws FileNotFoundException {
    if (hasScheme(path)) {
      return new Remote(path, hadoop.get());
    }
    Path file = Path.of(path);
    if (!Files.exists(file)) {
      throw new FileNotFoundException(path);
    }
    if (!Files.isRegularFile(file)) {
      throw new UserException("--conf " + path + " is no file: expected one of HOCON");
    }
    return new Local(file);
  }

  /**
   * Parses a text of a file that somebody else may have made.
   *
   * @param place for messages
   * @throws UserException when it is none
   */
  public static Config parseForeign(String place, String text) {
    try {
      return parse(new Foreign(place, text), Set.of(), new AtomicInteger());
    } catch (IOException | ConfigException e) {
      throw new UserException(place + ": not a configuration (" + e.getMessage() + ")", e);
    }
  }

  private static Config parse(Place place, Set<String> open, AtomicInteger files)
      throws IOException {
    Set<String> now = new HashSet<>(open);
    if (!now.add(place.toString()) || now.size() > HoconLimits.DEEPEST) {
      throw new UserException(place + ": it is included by a file that it includes");
    }
    if (files.incrementAndGet() > MOST_FILES) {
      throw new UserException(
          place + ": with it more than " + MOST_FILES + " files are included: expected fewer");
    }
    String text = place.text();
    HoconLimits.check(place.toString(), text);
    try {
      return ConfigFactory.parseString(
          text,
          ConfigParseOptions.defaults()
              .setSyntax(syntax(place.toString()))
              .setOriginDescription(place.toString())
              .setIncluder(new Includes(place, now, files)));
    } catch (StackOverflowError e) {
      throw HoconLimits.tooDeep(place.toString(), e);
    }
  }

  private static ConfigSyntax syntax(String name) {
    return name.endsWith(".json")
        ? ConfigSyntax.JSON
        : name.endsWith(".properties") ? ConfigSyntax.PROPERTIES : ConfigSyntax.CONF;
  }
}
