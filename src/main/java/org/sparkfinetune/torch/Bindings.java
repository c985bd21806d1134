package org.sparkfinetune.torch;

import java.util.Arrays;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.LibraryJar;
import org.sparkfinetune.UserException;

/**
 * The versions of libtorch's Java bindings and of JavaCPP, which loads them. A process has one
 * JavaCPP, that of the first jar on its class path, and the TensorFlow of Spark NLP brings an older
 * one, with which libtorch's bindings end in a missing method.
 */
public final class Bindings {
  private static final String UNKNOWN = "unknown";

  private Bindings() {}

  /** The bindings' version: libtorch's, a dash, that of the JavaCPP that they need. */
  public static String version() {
    return LibraryJar.of(torch.class).version("org.bytedeco:pytorch").orElse(UNKNOWN);
  }

  /** The version of the JavaCPP that this process has; {@code unknown} where its jar is silent. */
  public static String javaCpp() {
    return LibraryJar.of(Loader.class).version("org.bytedeco:javacpp").orElse(UNKNOWN);
  }

  /**
   * Loads nothing yet.
   *
   * @throws UserException when this process's JavaCPP is older than the bindings'
   */
  public static void require() {
    LibraryJar ours = LibraryJar.of(torch.class);
    LibraryJar loaded = LibraryJar.of(Loader.class);
    if (!loaded.equals(ours)) {
      require(javaCpp(), loaded.name(), version());
    }
  }

  static void require(String javaCpp, String jar, String bindings) {
    String needed = bindings.substring(bindings.lastIndexOf('-') + 1);
    if (needed.equals(UNKNOWN) || isAtLeast(javaCpp, needed)) {
      return;
    }
    throw new UserException(
        ("this process has loaded JavaCPP %s, of %s, and libtorch needs JavaCPP %s: put"
                + " spark-finetune's slim jar before the attached Spark NLP"
                + " (spark.driver.extraClassPath and spark.executor.extraClassPath)")
            .formatted(javaCpp, jar, needed));
  }

  private static boolean isAtLeast(String version, String needed) {
    return !version.equals(UNKNOWN) && Arrays.compare(numbers(version), numbers(needed)) >= 0;
  }

  private static int[] numbers(String version) {
    return Arrays.stream(version.replaceAll("[^0-9.].*", "").split("\\."))
        .mapToInt(Integer::parseInt)
        .toArray();
  }
}
