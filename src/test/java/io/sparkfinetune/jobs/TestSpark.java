package io.sparkfinetune.jobs;

import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** The Spark that the tests of this package share. */
final class TestSpark {
  private TestSpark() {}

  static SparkSession session() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate();
  }

  static ClassTag<Integer> classTag() {
    return ClassTag$.MODULE$.apply(Integer.class);
  }
}
