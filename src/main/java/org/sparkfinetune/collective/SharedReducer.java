package org.sparkfinetune.collective;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Workers of one host train one copy of the weights, which lies in memory that they share. Each
 * weight belongs to one of them: the others hand it their gradients, and it alone updates the
 * weight, as in ZeRO's first stage (Rajbhandari et al., 2020). What is updated needs no sending,
 * and the update is shared out like the rows.
 */
final class SharedReducer extends AnnouncedReducer {
  /** Weights start on cache lines of their own. */
  private static final int ALIGNMENT = 64;

  private final SharedMemory shared;
  private final List<Tensor> weights;
  private final List<List<Integer>> weightsOf;
  private final boolean[] own;
  private final Tensor memory;

  /**
   * Moves the weights into memory that all workers share; an operation of all workers.
   *
   * @param memory of {@link #bytes}; closed with this
   */
  SharedReducer(SharedMemory shared, Tensor memory, List<Tensor> weights) {
    this.shared = shared;
    this.memory = memory;
    this.weights = weights;
    weightsOf = deal(weights, shared.size());
    own = new boolean[weights.size()];
    weightsOf.get(shared.rank()).forEach(weight -> own[weight] = true);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      long offset = 0;
      for (Tensor weight : weights) {
        long bytes = weight.numel() * Float.BYTES;
        Tensor place = memory.narrow(0, offset, bytes).view(ScalarType.Float).view_as(weight);
        if (shared.rank() == 0) {
          place.copy_(weight);
        }
        weight.set_data(place);
        offset += aligned(bytes);
      }
    }
    shared.await();
  }

  /** Whether weights can be moved: those in fp32, without gaps, in the processor's memory. */
  static boolean takes(List<Tensor> weights) {
    return weights.stream()
        .allMatch(
            weight ->
                weight.scalar_type().intern() == ScalarType.Float
                    && weight.is_contiguous()
                    && !weight.is_cuda());
  }

  /** The memory that weights need. */
  static long bytes(List<Tensor> weights) {
    return weights.stream().mapToLong(weight -> aligned(weight.numel() * Float.BYTES)).sum();
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Deals weights, the largest first, each to the worker that has the fewest numbers so far. */
  private static List<List<Integer>> deal(List<Tensor> weights, int workers) {
    List<List<Integer>> dealt = new ArrayList<>();
    IntStream.range(0, workers).forEach(worker -> dealt.add(new ArrayList<>()));
    long[] numbers = new long[workers];
    IntStream.range(0, weights.size())
        .boxed()
        .sorted(Comparator.comparingLong(i -> -weights.get(i).numel()))
        .forEach(
            i -> {
              int fewest = 0;
              for (int worker = 1; worker < workers; worker++) {
                fewest = numbers[worker] < numbers[fewest] ? worker : fewest;
              }
              numbers[fewest] += weights.get(i).numel();
              dealt.get(fewest).add(i);
            });
    return dealt;
  }

  @Override
  public boolean updates(int weight) {
    return own[weight];
  }

  @Override
  void exchange() {
    handOver(Gradients.of(weights));
    for (int i = 0; i < weights.size(); i++) {
      if (!own[i]) {
        weights.get(i).mutable_grad().reset();
      }
    }
  }

  /** Brings the gradients of all workers to the weights' own ones. */
  private void handOver(List<Tensor> all) {
    int piece = SharedMemory.CHUNK / Float.BYTES / (shared.size() - 1);
    List<FlatTensorCursor> gradients = new ArrayList<>();
    for (List<Integer> dealt : weightsOf) {
      gradients.add(new FlatTensorCursor(dealt.stream().map(all::get).toList()));
    }
    while (gradients.stream().anyMatch(numbers -> numbers.left() > 0)) {
      try (PointerScope scope = new PointerScope()) {
        shared.nextSet();
        Tensor slot = shared.slot(shared.rank(), ScalarType.Float);
        for (int owner = 0; owner < shared.size(); owner++) {
          if (owner != shared.rank()) {
            FlatTensorCursor numbers = gradients.get(owner);
            long place = (long) pieceOf(owner, shared.rank()) * piece;
            numbers.next(
                Math.min(piece, numbers.left()),
                (part, at) -> slot.narrow(0, place + at, part.numel()).copy_(part));
          }
        }
        shared.await();
        FlatTensorCursor own = gradients.get(shared.rank());
        own.next(Math.min(piece, own.left()), (part, at) -> average(part, at, piece));
      }
    }
  }

  private void average(Tensor part, long at, int piece) {
    Scalar factor = new Scalar(1.0 / shared.size());
    part.mul_(factor);
    for (int worker = 0; worker < shared.size(); worker++) {
      if (worker != shared.rank()) {
        long place = (long) pieceOf(shared.rank(), worker) * piece + at;
        Tensor slot = shared.slot(worker, ScalarType.Float);
        part.add_(slot.narrow(0, place, part.numel()), factor);
      }
    }
  }

  /** Where a worker puts what is for another one: its slot has a piece for each but itself. */
  private static int pieceOf(int owner, int worker) {
    return owner < worker ? owner : owner - 1;
  }

  @Override
  public void beforeUpdate() {
    shared.await();
  }

  @Override
  public void afterUpdate() {
    shared.await();
  }

  /** Gives each worker a copy of its own again. */
  @Override
  public void close() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Tensor weight : weights) {
        weight.set_data(weight.detach().clone());
      }
    }
    memory.close();
  }
}
