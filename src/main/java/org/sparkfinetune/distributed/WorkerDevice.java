package org.sparkfinetune.distributed;

import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.sparkfinetune.UserException;

/**
 * What one worker computes on, as Spark's scheduler gave it.
 *
 * @param type {@code CPU} or {@code CUDA}
 * @param index of the GPU among those that CUDA shows this process; 0 for {@code CPU}
 */
record WorkerDevice(DeviceType type, int index) {
  /**
   * The device of the task that calls.
   *
   * @throws UserException when the plan has a GPU for it and Spark gave it none, or one whose
   *     address is not a number
   */
  static WorkerDevice of(ResourcePlan plan, TaskContext context) {
    ResourceInformation gpus = context.resourcesJMap().get(ResourcePlan.GPU);
    return of(plan, gpus == null ? List.of() : List.of(gpus.addresses()));
  }

  /** As {@link #of(ResourcePlan, TaskContext)}, of the GPU addresses that Spark gave the task. */
  static WorkerDevice of(ResourcePlan plan, List<String> addresses) {
    if (plan.device() != DeviceType.CUDA) {
      return new WorkerDevice(DeviceType.CPU, 0);
    }
    if (plan.gpuPerWorker() == 0) {
      return new WorkerDevice(DeviceType.CUDA, 0);
    }
    if (addresses.isEmpty()) {
      throw new UserException(
          "resources.gpu_per_worker="
              + plan.gpuPerWorker()
              + ", but Spark gave this worker no GPU. Check spark.executor.resource.gpu.amount and"
              + " spark.executor.resource.gpu.discoveryScript");
    }
    return new WorkerDevice(DeviceType.CUDA, index(addresses.get(0)));
  }

  private static int index(String address) {
    try {
      int index = Integer.parseInt(address.strip());
      if (index >= 0) {
        return index;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new UserException(
        "Spark gave this worker the GPU address '"
            + address
            + "', which is not a number. Let spark.executor.resource.gpu.discoveryScript print the"
            + " numbers that CUDA has for the GPUs: {\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}");
  }

  /** As libtorch names it: {@code cpu} or {@code cuda:INDEX}. */
  String torchName() {
    return type == DeviceType.CUDA ? "cuda:" + index : "cpu";
  }

  /**
   * Refuses a GPU that is not there: an explicit {@code cuda} never becomes CPU in silence. For
   * {@code CPU} it does nothing.
   *
   * @param available whether libtorch can use CUDA in this process
   * @param count GPUs that it sees
   * @throws UserException when this device cannot be had
   */
  void requireCuda(boolean available, int count) {
    if (type != DeviceType.CUDA) {
      return;
    }
    if (!available) {
      throw new UserException(
          "resources.device=cuda cannot be had: libtorch finds no CUDA in this process. It needs the"
              + " GPU build of this project, an NVIDIA driver and a GPU; resources.device=cpu needs"
              + " none of them");
    }
    if (index >= count) {
      throw new UserException(
          torchName()
              + " cannot be had: CUDA shows this process "
              + count
              + (count == 1 ? " GPU" : " GPUs")
              + ". Check that spark.executor.resource.gpu.discoveryScript and CUDA_VISIBLE_DEVICES"
              + " speak of the same GPUs");
    }
  }
}
