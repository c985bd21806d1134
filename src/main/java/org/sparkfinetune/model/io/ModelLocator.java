package org.sparkfinetune.model.io;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/**
 * Where a pretrained model lies that a user has named: the one door for all names. A URI whose
 * scheme a {@link ModelResolver} knows is fetched; any other name is a bundled model's or a path.
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
   * Fetches a model that a URI names.
   *
   * @param name as a user gave it
   * @param hadoop with the settings of the resolvers
   * @return the folder on this host's disk; empty when the name is a bundled model's or a path
   * @throws org.sparkfinetune.UserException when the model cannot be had; its message begins with
   *     the name
   */
  public static Optional<Path> fetch(String name, Configuration hadoop) {
    ModelResolver resolver = Resolvers.BY_SCHEME.get(scheme(name));
    if (resolver == null) {
      return Optional.empty();
    }
    String pinned = hadoop.getRaw(PINNED + name);
    return Optional.of(pinned != null ? Path.of(pinned) : resolver.resolve(name, hadoop));
  }

  /** The path at which a model's files are: the name itself, unless that is a URI to be fetched. */
  public static String locate(String name, Configuration hadoop) {
    return fetch(name, hadoop).map(ModelLocator::hadoopPath).orElse(name);
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
