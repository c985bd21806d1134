package org.sparkfinetune.model.io;

import java.nio.file.Path;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.hub.TransferListener;

/**
 * Fetches the pretrained models of one kind of place, which are named by a URI of a scheme of their
 * own, as {@code models:/intents@champion}. {@link ModelLocator} asks it wherever a pretrained
 * model is named: annotators, jobs and programs take the same names.
 *
 * <p>{@link java.util.ServiceLoader} finds the implementations: public classes with a public
 * constructor without arguments, which {@code META-INF/services} names. They keep no state, and are
 * called from several threads.
 */
public interface ModelResolver {
  /**
   * The schemes that begin its URIs, in lower case and without the colon. Hadoop is not asked for a
   * file system of these schemes.
   */
  Set<String> schemes();

  /**
   * Whether a name without a scheme is one of its: asked of names that are no bundled model's, and
   * at which there is no file or folder.
   */
  default boolean takes(String name) {
    return false;
  }

  /**
   * Fetches a model, unless it was fetched before. Called on the driver alone: what workers on
   * other hosts need of the folder is brought to them.
   *
   * @param uri as the user gave it; also a name without a scheme that it {@link #takes}
   * @param settings Hadoop's configuration, in which settings of the resolver's may be: users set
   *     them in Spark's session, as {@code spark.conf().set(key, value)}, or for all sessions, as
   *     {@code spark.hadoop.KEY}
   * @param listener hears how far a long transfer has come
   * @return a folder on this host's disk with the model's files, which stay as they are for as long
   *     as this process runs
   * @throws org.sparkfinetune.UserException when there is no such model, or it cannot be had; its
   *     message begins with the URI and says what to do
   */
  Path resolve(String uri, Configuration settings, TransferListener listener);

  /**
   * What names the very model that a folder holds, also when the URI comes to mean another one:
   * what records keep. By default the URI itself.
   *
   * @param folder what {@link #resolve} gave for the URI
   */
  default String pinned(String uri, Path folder) {
    return uri;
  }
}
