package org.sparkfinetune.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import scala.Function1;
import scala.collection.Iterator;

class FailuresTest {
  @Test
  void findsTheUsersErrorAmongCauses() {
    Throwable failure =
        new RuntimeException(new SparkException("Job aborted", new UserException("a bad row")));

    assertThat(Failures.userMessage(failure)).contains("a bad row");
  }

  @Test
  void findsItInTheTextThatABarrierStageLeaves() {
    String text =
        "Job aborted due to stage failure: Could not recover from a failed barrier ResultStage. Most"
            + " recent failure reason: Stage failed because barrier task ResultTask(0, 0) finished"
            + " unsuccessfully.\norg.sparkfinetune.UserException: learning rate too high,\nlower it\n"
            + "\tat org.sparkfinetune.train.Trainer.run(Trainer.java:1)\n";

    assertThat(Failures.userMessage(new SparkException(text)))
        .contains("learning rate too high, lower it");
  }

  @Test
  void findsNoneWhereThereIsNone() {
    Throwable failure = new SparkException("lost", new IOException("disk full\nindeed"));

    assertThat(Failures.userMessage(failure)).isEmpty();
    assertThat(Failures.summary(failure)).isEqualTo("IOException: disk full");
    assertThat(Failures.summary(new OutOfMemoryError())).isEqualTo("OutOfMemoryError");
  }

  @Test
  void aChangedFileIsTheUsersToPutRight() {
    String text = "Checksum error: file:/data/a b.csv at 512 exp: -12 got: 345";
    String message =
        "file:/data/a b.csv: this file is damaged, or was changed after it was written: its content"
            + " is not that of the checksums in .a b.csv.crc. Copy it again; if the change was"
            + " meant, delete that file";

    assertThat(Failures.userMessage(new UncheckedIOException(new ChecksumException(text, 512))))
        .contains(message);
    assertThat(
            Failures.userMessage(
                new UserException(
                    "cannot read the data: file:/data/a b.csv: " + text,
                    new SparkException("lost", new ChecksumException(text, 512)))))
        .contains(message);
    assertThat(
            Failures.userMessage(
                new SparkException(
                    "Lost task 0.0: org.apache.hadoop.fs.ChecksumException: " + text + "\n\tat x")))
        .contains(message);
  }

  @Test
  void survivesTheWayFromAnExecutor() {
    JavaSparkContext context = new JavaSparkContext(TestSpark.session().sparkContext());
    VoidFunction<Integer> fail =
        row -> {
          throw new UserException("row " + row + " is bad");
        };

    Function1<Iterator<Integer>, Iterator<Integer>> failing =
        (Function1<Iterator<Integer>, Iterator<Integer>> & Serializable)
            rows -> {
              throw new UserException("barrier row " + rows.next() + " is bad");
            };

    Throwable plain = catchThrowable(() -> context.parallelize(List.of(7), 1).foreach(fail));
    Throwable barrier =
        catchThrowable(
            () ->
                context
                    .parallelize(List.of(8), 1)
                    .rdd()
                    .barrier()
                    .mapPartitions(
                        failing,
                        false,
                        scala.reflect.ClassTag$.MODULE$.<Integer>apply(Integer.class))
                    .toJavaRDD()
                    .count());

    assertThat(plain).isInstanceOf(SparkException.class);
    assertThat(Failures.userMessage(plain)).contains("row 7 is bad");
    assertThat(barrier).isInstanceOf(SparkException.class);
    assertThat(Failures.userMessage(barrier)).contains("barrier row 8 is bad");
  }
}
