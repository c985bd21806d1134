package org.sparkfinetune.collective;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Sums over workers of one host through memory that they share: no socket, and no thread beside
 * those that compute.
 *
 * <p>Numbers go through in chunks that fit into a core's cache. Each worker copies its chunk into
 * its slot, adds up its part of all slots into the first one, and copies the whole sum back; the
 * workers wait for each other in between. Chunks take turns between two sets of slots, so that a
 * worker may fill one while another still copies from the other.
 */
final class SharedMemory implements AutoCloseable {
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** Bytes of a slot. Smaller ones cost more waiting, larger ones fall out of the cache. */
  static final int CHUNK = 1 << 20;

  /** A worker's counters have a cache line, and the one that is fetched with it, of their own. */
  private static final int LINE = 128;

  private static final int ARRIVED = 0;
  private static final int PROCESS = Long.BYTES;
  private static final int LEFT = 2 * Long.BYTES;

  /** How many numbers each worker adds up at once is a multiple of this. */
  private static final int ALIGNMENT = 64;

  private static final int SPINS = 2000;
  private static final long NAP_NANOS = 20_000;
  private static final long LOOK_NANOS = 100_000_000;

  private final int rank;
  private final int size;
  private final Duration timeout;
  private final UnaryOperator<RuntimeException> explain;
  private final Tensor memory;
  private final ByteBuffer counters;
  private final Map<ScalarType, Tensor[]> slots = new HashMap<>();
  private long arrivals;
  private int set;

  /**
   * Over memory of {@link #bytes}, which it closes, and which all workers share.
   *
   * @param explain what is thrown when another worker does not come, of a {@link
   *     SharedMemoryException}
   */
  SharedMemory(
      Tensor memory,
      int rank,
      int size,
      Duration timeout,
      UnaryOperator<RuntimeException> explain) {
    this.memory = memory;
    this.rank = rank;
    this.size = size;
    this.timeout = timeout;
    this.explain = explain;
    try (PointerScope scope = new PointerScope()) {
      counters = new BytePointer(memory.data_ptr()).capacity((long) size * LINE).asByteBuffer();
    }
    LONGS.setVolatile(counters, rank * LINE + PROCESS, ProcessHandle.current().pid());
  }

  /** The memory that so many workers need. */
  static long bytes(int size) {
    return (long) size * LINE + 2L * size * CHUNK;
  }

  int rank() {
    return rank;
  }

  int size() {
    return size;
  }

  /** Whether the processes of all workers can be seen from here; all must have opened it. */
  boolean seesAll() {
    return IntStream.range(0, size).allMatch(this::lives);
  }

  private boolean lives(int worker) {
    long process = (long) LONGS.getVolatile(counters, worker * LINE + PROCESS);
    return ProcessHandle.of(process).map(ProcessHandle::isAlive).orElse(false);
  }

  /**
   * Sums tensors over the workers, in place.
   *
   * @param tensors of one type and without gaps, in the processor's memory, alike in all workers
   * @param factor on the sums
   */
  void sum(List<Tensor> tensors, double factor) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ScalarType type = tensors.get(0).scalar_type().intern();
      int capacity = CHUNK / (int) tensors.get(0).element_size();
      FlatTensorCursor in = new FlatTensorCursor(tensors);
      FlatTensorCursor out = new FlatTensorCursor(tensors);
      while (in.left() > 0) {
        chunk(type, (int) Math.min(in.left(), capacity), factor, in, out);
      }
    }
  }

  private void chunk(
      ScalarType type, int count, double factor, FlatTensorCursor in, FlatTensorCursor out) {
    try (PointerScope scope = new PointerScope()) {
      nextSet();
      Tensor own = slot(rank, type);
      Tensor sum = slot(0, type);
      in.next(count, (part, at) -> own.narrow(0, at, part.numel()).copy_(part));
      await();
      int share = (count / size / ALIGNMENT + 1) * ALIGNMENT;
      int begin = Math.min(rank * share, count);
      int length = Math.min(share, count - begin);
      if (length > 0) {
        Tensor part = sum.narrow(0, begin, length);
        for (int worker = 1; worker < size; worker++) {
          part.add_(slot(worker, type).narrow(0, begin, length));
        }
        if (factor != 1) {
          part.mul_(new Scalar(factor));
        }
      }
      await();
      out.next(count, (part, at) -> part.copy_(sum.narrow(0, at, part.numel())));
    }
  }

  /**
   * Turns to the other set of slots. Who has waited since for all others may read what they have
   * put into theirs, until he turns again; nobody writes there before all have waited once more.
   */
  void nextSet() {
    set = 1 - set;
  }

  /** A worker's slot of the set that it is the turn of, as numbers of a type. */
  Tensor slot(int worker, ScalarType type) {
    return slots.computeIfAbsent(type, this::views)[set * size + worker];
  }

  private Tensor[] views(ScalarType type) {
    Tensor[] views = new Tensor[2 * size];
    for (int slot = 0; slot < views.length; slot++) {
      long from = (long) size * LINE + (long) slot * CHUNK;
      views[slot] = memory.narrow(0, from, CHUNK).view(type);
      views[slot].retainReference();
    }
    return views;
  }

  /** Waits until all workers have come here. */
  void await() {
    LONGS.setVolatile(counters, rank * LINE + ARRIVED, ++arrivals);
    for (int worker = 0; worker < size; worker++) {
      long start = 0;
      long looked = 0;
      for (int turn = 0; arrived(worker) < arrivals; turn++) {
        if (turn < SPINS) {
          Thread.onSpinWait();
          continue;
        }
        LockSupport.parkNanos(NAP_NANOS);
        long now = System.nanoTime();
        start = start == 0 ? now : start;
        if (now - start > timeout.toNanos()) {
          throw failure("timed out");
        }
        if (now - looked > LOOK_NANOS) {
          looked = now;
          look(worker);
        }
      }
    }
  }

  private long arrived(int worker) {
    return (long) LONGS.getVolatile(counters, worker * LINE + ARRIVED);
  }

  private void look(int worker) {
    boolean left = (long) LONGS.getVolatile(counters, worker * LINE + LEFT) != 0;
    if (left && arrived(worker) < arrivals) {
      throw failure("worker " + worker + " has left");
    }
    if (!lives(worker)) {
      throw failure("the process of worker " + worker + " has ended");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw failure("interrupted while waiting for worker " + worker);
    }
  }

  private RuntimeException failure(String message) {
    return explain.apply(new SharedMemoryException(message));
  }

  @Override
  public void close() {
    LONGS.setVolatile(counters, rank * LINE + LEFT, 1L);
    slots.values().forEach(views -> List.of(views).forEach(Tensor::close));
    memory.close();
  }

  /** Another worker has not come. */
  static final class SharedMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SharedMemoryException(String message) {
      super(message);
    }
  }
}
