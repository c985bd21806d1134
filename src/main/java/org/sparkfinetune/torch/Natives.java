package org.sparkfinetune.torch;

import java.io.IOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;

/**
 * Loads natives of JavaCPP. All processes of a host unpack them to one folder, and one that loads
 * what another is just unpacking crashes (JavaCPP's issue 608): so the first process unpacks and
 * loads alone, and others wait for it.
 */
public final class Natives {
  /** In JavaCPP's folder; locked by the process that unpacks. */
  static final String LOCK = ".spark-finetune.lock";

  private Natives() {}

  /**
   * Loads them, if they are not loaded yet.
   *
   * @param natives a class of JavaCPP's that has some
   * @throws LinkageError when there are none for this platform
   */
  public static synchronized void load(Class<?> natives) {
    Path folder;
    Path whole;
    try {
      folder = Loader.getCacheDir().toPath();
      // Goes with what it is about when that is deleted.
      whole = folder.resolve(jar(natives)).resolve(".spark-finetune-" + natives.getSimpleName());
    } catch (IOException none) {
      // JavaCPP then loads what the system has.
      Loader.load(natives);
      return;
    }
    if (!Files.exists(whole)) {
      try (FileChannel channel =
          FileChannel.open(
              folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        // Until the channel is closed.
        channel.lock();
        Loader.load(natives);
        Files.write(whole, new byte[0]);
        return;
      } catch (IOException | OverlappingFileLockException none) {
        // A folder that nobody can write to holds what is needed; or JavaCPP says what it misses.
      }
    }
    Loader.load(natives);
  }

  /** The name of the jar that has them, which JavaCPP gives the folder that it unpacks it to. */
  private static String jar(Class<?> natives) {
    ClassProperties properties = Loader.loadProperties(natives, Loader.loadProperties(), true);
    URL[] found =
        Loader.findLibrary(natives, properties, properties.getProperty("platform.library"));
    String jar = found.length == 0 ? "" : found[0].getPath().split("!", 2)[0];
    return jar.substring(jar.lastIndexOf('/') + 1);
  }
}
