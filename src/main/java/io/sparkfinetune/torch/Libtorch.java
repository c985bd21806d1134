package io.sparkfinetune.torch;

import java.util.Arrays;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/** Loads the natives of libtorch once a JVM, with the settings that this project needs. */
public final class Libtorch {
  private static final long SHUTDOWN_MILLIS = 10_000;

  static {
    // MKL multiplies about twice as fast as OpenBLAS here; the choice is read when OpenBLAS loads.
    setUnlessSet("org.bytedeco.openblas.load", "mkl");
    // JavaCPP would else refuse to allocate once the process holds twice the Java heap.
    setUnlessSet("org.bytedeco.javacpp.maxbytes", "0");
    setUnlessSet("org.bytedeco.javacpp.maxphysicalbytes", "0");
    Loader.load(torch.class);
    Runtime.getRuntime().addShutdownHook(new Thread(Libtorch::awaitIdle, "libtorch shutdown"));
  }

  private Libtorch() {}

  /** Loads the natives, if they are not loaded yet. */
  public static void load() {
    // Running this class's initialiser is all there is to do.
  }

  /**
   * Sets the number of threads that one operation of the calling thread may use, and of threads
   * that have not used libtorch yet.
   *
   * @param threads at least 1
   */
  public static void setThreads(int threads) {
    torch.set_num_threads(threads);
  }

  /**
   * Waits until no thread computes: the process's end destroys what libtorch's threads work on, and
   * a thread that still runs would crash it. Spark's own hook ends its tasks meanwhile.
   */
  private static void awaitIdle() {
    long deadline = System.currentTimeMillis() + SHUTDOWN_MILLIS;
    try {
      while (isComputing() && System.currentTimeMillis() < deadline) {
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isComputing() {
    return Thread.getAllStackTraces().values().stream()
        .flatMap(Arrays::stream)
        .anyMatch(frame -> frame.getClassName().startsWith("io.sparkfinetune.train."));
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
