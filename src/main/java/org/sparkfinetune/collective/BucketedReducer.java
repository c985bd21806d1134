package org.sparkfinetune.collective;

import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolVector;
import org.bytedeco.pytorch.ProcessGroup;
import org.bytedeco.pytorch.Reducer;
import org.bytedeco.pytorch.SizeTStringMap;
import org.bytedeco.pytorch.SizeTVector;
import org.bytedeco.pytorch.SizeTVectorVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * libtorch's own {@code Reducer}, which is what PyTorch's {@code DistributedDataParallel} runs on:
 * a bucket of gradients is on its way to the other workers as soon as the backward pass has filled
 * it, while those of the layers below are still being computed (Li et al., 2020).
 */
final class BucketedReducer implements GradientReducer {
  /** As in {@code DistributedDataParallel}; the first is small, so that the first send is early. */
  private static final long BUCKET_BYTES = 25L << 20;

  private static final long FIRST_BUCKET_BYTES = 1L << 20;

  private final Reducer reducer;

  BucketedReducer(ProcessGroup group, List<Tensor> weights) {
    // Gradients come in the reverse order of use.
    Collections.reverse(weights);
    try (PointerScope scope = new PointerScope()) {
      boolean[] sparse = new boolean[weights.size()];
      reducer =
          new Reducer(
              new TensorVector(weights.toArray(Tensor[]::new)),
              one(weights.size()),
              group,
              new BoolVector(sparse),
              BUCKET_BYTES,
              false,
              true,
              new SizeTStringMap(),
              FIRST_BUCKET_BYTES,
              false,
              false);
      // Until buckets are made anew, libtorch notes the order of gradients in each pass and never
      // forgets it. Made now, by the order that is known, they are the same in every pass, and so
      // are the sums' bits in a training that goes on from a checkpoint.
      reducer.push_rebuilt_params_for_all_indices();
      reducer.rebuild_buckets();
      reducer.retainReference();
    }
  }

  /** All weights, as libtorch makes its buckets of them itself. */
  private static SizeTVectorVector one(int weights) {
    SizeTVector bucket = new SizeTVector();
    for (int i = 0; i < weights; i++) {
      bucket.push_back(i);
    }
    return new SizeTVectorVector(bucket);
  }

  @Override
  public void beforeBackward() {
    try (PointerScope scope = new PointerScope()) {
      reducer.prepare_for_forward();
      reducer.prepare_for_backward(new TensorVector());
    }
  }

  @Override
  public void afterBackward() {
    // The pass itself ends when the last bucket has come back.
  }

  @Override
  public void close() {
    reducer.remove_autograd_hooks();
    reducer.close();
  }
}
