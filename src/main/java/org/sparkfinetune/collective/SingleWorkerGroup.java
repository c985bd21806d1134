package org.sparkfinetune.collective;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** One worker that computes alone: its sums are its own values, and it waits for nobody. */
public enum SingleWorkerGroup implements WorkerGroup {
  INSTANCE;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public void allReduceSum(Tensor tensor) {
    // The sum over one.
  }

  @Override
  public GradientReducer reducer(List<Tensor> weights, boolean inParts) {
    return new GradientReducer() {
      @Override
      public void beforeBackward() {
        // The average over one.
      }

      @Override
      public void afterBackward() {
        // The average over one.
      }

      @Override
      public void close() {
        // Holds nothing.
      }
    };
  }

  @Override
  public void heartbeat(long step) {
    // Nobody asks.
  }

  @Override
  public RuntimeException translateFailure(RuntimeException failure) {
    return failure;
  }

  @Override
  public void fail(String message) {
    // Nobody waits.
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
