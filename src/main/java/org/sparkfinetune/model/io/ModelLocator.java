package org.sparkfinetune.model.io;

import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.TransferListener;
import org.sparkfinetune.storage.Storage;

/**
 * Finds the pretrained model that a user has named; all names are resolved here. A URI whose scheme
 * a {@link ModelResolver} knows is fetched. Any other name is that of a bundled model, or a path at
 * which there is something, or a name that a resolver accepts without a scheme, such as {@code
 * org/name}.
 */
public final class ModelLocator {
  /** Begins the settings that {@link #pin} makes, of one URI each. */
  private static final String PINNED = "spark-finetune.pinned-model.";

  private ModelLocator() {}

  /**
   * The resolvers by scheme. Those of the jar that has this class: Spark adds jars to a session.
   */
  private static final class Resolvers {
    static final Map<String, ModelResolver> BY_SCHEME = find();

    private static Map<String, ModelResolver> find() {
      Map<String, ModelResolver> found = new TreeMap<>();
      for (ModelResolver resolver :
          ServiceLoader.load(ModelResolver.class, ModelResolver.class.getClassLoader())) {
        resolver.schemes().forEach(scheme -> found.put(scheme, resolver));
      }
      return found;
    }
  }

  /**
   * A model that was fetched.
   *
   * @param folder on this host's disk
   * @param pinned what names the very same model for ever, as far as its place has such names
   */
  public record Fetched(Path folder, String pinned) {}

  /**
   * Fetches a model that is not on any file system.
   *
   * @param name as a user gave it
   * @param hadoop with the settings of the resolvers
   * @return empty when the name is a bundled model's or a path
   * @throws UserException when the model cannot be had; its message begins with the name
   */
  public static Optional<Fetched> fetch(String name, Configuration hadoop) {
    return fetch(name, hadoop, TransferListener.NONE);
  }

  /** As the other, for somebody who waits. */
  public static Optional<Fetched> fetch(
      String name, Configuration hadoop, TransferListener listener) {
    String pinned = hadoop.getRaw(PINNED + name);
    Optional<ModelResolver> found = resolver(name, hadoop, pinned != null);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    ModelResolver resolver = found.get();
    Path folder = pinned != null ? Path.of(pinned) : resolver.resolve(name, hadoop, listener);
    return Optional.of(new Fetched(folder, resolver.pinned(name, folder)));
  }

  /** Who fetches a model of a name. */
  private static Optional<ModelResolver> resolver(
      String name, Configuration hadoop, boolean isPinned) {
    String scheme = scheme(name);
    if (!scheme.isEmpty()) {
      return Optional.ofNullable(Resolvers.BY_SCHEME.get(scheme));
    }
    return BundledModel.named(name).isPresent()
        ? Optional.empty()
        : Resolvers.BY_SCHEME.values().stream()
            .filter(resolver -> resolver.takes(name))
            .findFirst()
            .filter(resolver -> isPinned || !mayBePath(name, hadoop));
  }

  /**
   * Whether something may be at the path. Where that cannot be found out it may: opening it then
   * says what is wrong.
   */
  private static boolean mayBePath(String name, Configuration hadoop) {
    try {
      return Storage.ask(name, name, hadoop, FileSystem::exists);
    } catch (FileNotFoundException e) {
      return false;
    } catch (UserException e) {
      return true;
    }
  }

  /** The path at which a model's files are: the name itself, unless that is to be fetched. */
  public static String locate(String name, Configuration hadoop) {
    return fetch(name, hadoop).map(fetched -> hadoopPath(fetched.folder())).orElse(name);
  }

  /**
   * Has a URI mean the same model for as long as something runs, also when an alias is moved in the
   * meantime.
   *
   * @param hadoop which all who are to agree are given, or copies of it
   * @return what ends that
   */
  public static Runnable pin(String uri, Path folder, Configuration hadoop) {
    hadoop.set(PINNED + uri, folder.toString());
    return () -> hadoop.unset(PINNED + uri);
  }

  /** Of a folder on this host's disk, whatever Hadoop's default file system is. */
  static String hadoopPath(Path folder) {
    return new org.apache.hadoop.fs.Path(folder.toUri()).toString();
  }

  /** Without one it is empty. */
  private static String scheme(String name) {
    return name.substring(0, Math.max(0, name.indexOf(':'))).toLowerCase(Locale.ROOT);
  }
}
