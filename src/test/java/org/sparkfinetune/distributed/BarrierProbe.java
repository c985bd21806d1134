package org.sparkfinetune.distributed;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.resource.ResourceProfile;
import org.sparkfinetune.ChildJvm;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** A barrier task that tells where it ran and what it was given. */
final class BarrierProbe extends AbstractFunction1<Iterator<Integer>, Iterator<String>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ResourcePlan plan;
  private final Meeting meeting;

  private BarrierProbe(ResourcePlan plan, Meeting meeting) {
    this.plan = plan;
    this.meeting = meeting;
  }

  /**
   * Where tasks of several jobs wait for each other.
   *
   * @param folder an empty one that all of them see
   * @param tasks of all the jobs
   */
  record Meeting(String folder, int tasks) implements Serializable {
    void meet() {
      Path all = Path.of(folder);
      try {
        Files.createTempFile(all, "task", "");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (!ChildJvm.waitUntil(() -> all.toFile().list().length == tasks, Duration.ofMinutes(1))) {
        throw new IllegalStateException("the others are not there");
      }
    }
  }

  /**
   * Runs a barrier stage with the plan's workers and resources.
   *
   * @return a line a worker: {@code rank=0 of=2 executor=1 pid=4711 cpus=1 device=cpu gpus=[]}
   */
  static List<String> run(JavaSparkContext spark, ResourcePlan plan) {
    return run(spark, plan, null);
  }

  /** As the other, with tasks that wait for those of other jobs; null for none. */
  static List<String> run(JavaSparkContext spark, ResourcePlan plan, Meeting meeting) {
    ClassTag<String> tag = ClassTag$.MODULE$.apply(String.class);
    List<Integer> rows = IntStream.range(0, plan.workers()).boxed().toList();
    RDD<String> probed =
        spark
            .parallelize(rows, plan.workers())
            .rdd()
            .barrier()
            .mapPartitions(new BarrierProbe(plan, meeting), false, tag);
    Optional<ResourceProfile> profile = plan.profile();
    profile.ifPresent(probed::withResources);
    return probed.toJavaRDD().collect();
  }

  @Override
  public Iterator<String> apply(Iterator<Integer> rows) {
    BarrierTaskContext context = BarrierTaskContext.get();
    ResourceInformation gpus = context.resourcesJMap().get(ResourcePlan.GPU);
    String line =
        "rank=%d of=%d executor=%s pid=%d cpus=%d device=%s gpus=%s"
            .formatted(
                context.partitionId(),
                context.getTaskInfos().length,
                SparkEnv.get().executorId(),
                ProcessHandle.current().pid(),
                context.cpus(),
                WorkerDevice.of(plan, context).torchName(),
                gpus == null ? "[]" : Arrays.toString(gpus.addresses()));
    if (meeting != null) {
      meeting.meet();
    }
    // Only tasks that run at the same time get past this.
    List<String> lines = new ArrayList<>(List.of(context.allGather(line)));
    lines.removeIf(other -> !other.equals(line));
    return JavaConverters.asScalaIterator(lines.iterator());
  }
}
