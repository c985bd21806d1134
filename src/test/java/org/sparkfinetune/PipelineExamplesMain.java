package org.sparkfinetune;

import org.apache.spark.sql.SparkSession;

/** Runs compiled examples behind each other, in one session, until one fails. */
public final class PipelineExamplesMain {
  private PipelineExamplesMain() {}

  /**
   * Runs in a JVM of its own: the tests' has another class path.
   *
   * @param classes each with a method {@code run}
   */
  public static void main(String[] classes) {
    int code = 0;
    try {
      for (String name : classes) {
        System.out.println(name);
        Class.forName(name).getMethod("run", SparkSession.class).invoke(null, TestSpark.session());
      }
    } catch (ReflectiveOperationException e) {
      e.printStackTrace();
      code = 1;
    }
    // Spark's timer of barrier stages would keep the process.
    System.exit(code);
  }
}
