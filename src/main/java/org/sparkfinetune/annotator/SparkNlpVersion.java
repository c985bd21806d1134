package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.SparkNLP;
import org.sparkfinetune.LibraryJar;
import org.sparkfinetune.UserException;
import org.sparkfinetune.torch.Bindings;

/** The Spark NLP that this process has: ours, or one that the cluster has attached before it. */
public final class SparkNlpVersion {
  private static final String EXPECTED = "5.5.";

  private SparkNlpVersion() {}

  /**
   * Its version.
   *
   * @throws UserException when there is none
   */
  public static String get() {
    try {
      return SparkNLP.version();
    } catch (NoClassDefFoundError none) {
      throw new UserException(
          "there is no Spark NLP on the class path: the slim jar wants one of version 5.5 attached"
              + " behind it; the cluster jar has it",
          none);
    }
  }

  /**
   * @throws UserException when it, or the JavaCPP that came with it, is of a version that this
   *     project does not work with
   */
  public static void require() {
    String version = get();
    require(version, LibraryJar.of(SparkNLP.class).name());
    Bindings.require();
  }

  static void require(String version, String jar) {
    if (!version.startsWith(EXPECTED)) {
      throw new UserException(
          ("this process has loaded Spark NLP %s, of %s, and spark-finetune needs Spark NLP 5.5:"
                  + " attach Spark NLP 5.5.3 in its place, or nothing and use the cluster jar, which"
                  + " has it")
              .formatted(version, jar));
    }
  }
}
