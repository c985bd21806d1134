package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class WorkerDeviceTest {
  private static final WorkerDevice CPU = new WorkerDevice(DeviceType.CPU, 0);

  @Test
  void theGpuIsTheFirstThatSparkGave() {
    WorkerDevice device = WorkerDevice.of(plan(DeviceType.CUDA, 1), List.of("3", "1"));
    assertThat(device).isEqualTo(new WorkerDevice(DeviceType.CUDA, 3));
    assertThat(device.torchName()).isEqualTo("cuda:3");
  }

  @Test
  void onALocalMasterItIsTheFirstThereIs() {
    assertThat(WorkerDevice.of(plan(DeviceType.CUDA, 0), List.of()).torchName())
        .isEqualTo("cuda:0");
  }

  @Test
  void aPlanForTheProcessorTakesNoGpuThoughSparkGaveOne() {
    assertThat(WorkerDevice.of(plan(DeviceType.CPU, 0), List.of("1"))).isEqualTo(CPU);
    assertThat(CPU.torchName()).isEqualTo("cpu");
  }

  @Test
  void aGpuThatSparkDidNotGiveIsRefused() {
    assertThatThrownBy(() -> WorkerDevice.of(plan(DeviceType.CUDA, 1), List.of()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "resources.gpu_per_worker=1, but Spark gave this worker no GPU. Check"
                + " spark.executor.resource.gpu.amount and"
                + " spark.executor.resource.gpu.discoveryScript");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GPU-7f3a", "-1", ""})
  void anAddressThatIsNoNumberIsRefused(String address) {
    assertThatThrownBy(() -> WorkerDevice.of(plan(DeviceType.CUDA, 1), List.of(address)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "Spark gave this worker the GPU address '"
                + address
                + "', which is not a number. Let spark.executor.resource.gpu.discoveryScript print");
  }

  @Test
  void cudaThatIsNotThereIsRefusedAndNeverTheProcessor() {
    WorkerDevice gpu = new WorkerDevice(DeviceType.CUDA, 1);
    assertThatThrownBy(() -> gpu.requireCuda(false, 0))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "resources.device=cuda cannot be had: libtorch finds no CUDA in this process");
    assertThatThrownBy(() -> gpu.requireCuda(true, 1))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("cuda:1 cannot be had: CUDA shows this process 1 GPU. Check that");
    gpu.requireCuda(true, 2);
    CPU.requireCuda(false, 0);
  }

  private static ResourcePlan plan(DeviceType device, int gpuPerWorker) {
    return new ResourcePlan(2, 1, 1, device, gpuPerWorker, false, null);
  }
}
