package org.sparkfinetune.jobs;

import java.util.StringJoiner;
import org.sparkfinetune.BuildInfo;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.SparkNlpVersion;
import org.sparkfinetune.torch.Bindings;
import scala.util.Properties;

/** What {@code --version} prints: this build, and the libraries that this process has. */
final class Versions {
  private Versions() {}

  static String render() {
    BuildInfo build = BuildInfo.read();
    String bindings = Bindings.version();
    StringJoiner lines = new StringJoiner("\n", "", "\n");
    lines.add(
        "spark-finetune "
            + build.version()
            + (build.commit().isEmpty() ? "" : " (" + build.commit() + ")"));
    lines.add("libtorch " + bindings.replaceAll("-.*", "") + ", JavaCPP " + Bindings.javaCpp());
    lines.add("Spark NLP " + sparkNlp());
    lines.add(
        "Spark "
            + org.apache.spark.package$.MODULE$.SPARK_VERSION()
            + ", Scala "
            + Properties.versionNumberString());
    lines.add("Java " + Runtime.version());
    return lines.toString();
  }

  private static String sparkNlp() {
    try {
      return SparkNlpVersion.get();
    } catch (UserException none) {
      return "is not on the class path";
    }
  }
}
