package org.sparkfinetune.collective;

import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.UserException;

/**
 * A worker's tie to the workers that it computes with. Each operation is one of all workers: it
 * returns when every worker has called it, in the same order, and gives each the same bits.
 *
 * <p>An operation that another worker does not join, as it is gone or hangs, ends in a {@link
 * WorkerLostException} that names it, or in the {@link UserException} that it has left for. A
 * collective is used by one thread.
 */
public interface WorkerGroup extends AutoCloseable {
  /** The number of this worker, from 0. */
  int rank();

  /** How many workers there are. */
  int size();

  /** How many of the workers, this one among them, share the memory of its host. */
  default int workersOfHost() {
    return 1;
  }

  /** Sums a tensor over the workers, element by element, in place. */
  void allReduceSum(Tensor tensor);

  /**
   * Averages gradients over the workers from now on, in each backward pass that {@link
   * GradientReducer#beforeBackward} announces.
   *
   * @param weights all that the pass gives gradients to, in the order in which the forward pass
   *     uses them
   * @param inParts whether a pass may give a weight its gradient in several parts, as gradient
   *     checkpointing does to weights that layers share. It is then averaged when the pass has
   *     ended, else while it runs
   */
  GradientReducer reducer(List<Tensor> weights, boolean inParts);

  /** Lets the others know how far this worker is, for their messages if it gets no further. */
  void heartbeat(long step);

  /**
   * What a failure of libtorch's means: a {@link UserException} where another worker {@linkplain
   * #fail has said} why it leaves, a {@link WorkerLostException} where another worker is its cause
   * and has not, else the failure itself.
   */
  RuntimeException translateFailure(RuntimeException failure);

  /**
   * Tells the others what the user has to put right, since this worker leaves for it: the operation
   * that they wait in then ends in a {@link UserException} of that message. To be followed by
   * {@link #close}.
   */
  void fail(String message);

  /** Leaves the others. */
  @Override
  void close();

  /** The sums of each of the values over the workers. */
  default int[] allReduceSum(int[] values) {
    if (size() == 1 || values.length == 0) {
      return values;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor tensor =
          torch.empty(new long[] {values.length}, new TensorOptions(ScalarType.Int), null);
      IntPointer data = new IntPointer(tensor.data_ptr());
      data.put(values);
      allReduceSum(tensor);
      int[] sums = new int[values.length];
      data.get(sums);
      return sums;
    }
  }

  /** The sums of each of the values over the workers. */
  default double[] allReduceSum(double[] values) {
    if (size() == 1 || values.length == 0) {
      return values;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor tensor =
          torch.empty(new long[] {values.length}, new TensorOptions(ScalarType.Double), null);
      DoublePointer data = new DoublePointer(tensor.data_ptr());
      data.put(values);
      allReduceSum(tensor);
      double[] sums = new double[values.length];
      data.get(sums);
      return sums;
    }
  }
}
