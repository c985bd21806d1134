package io.sparkfinetune.collective;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(SharedMemory.class);
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** Bytes of a slot. Smaller ones cost more waiting, larger ones fall out of the cache. */
  private static final int CHUNK = 1 << 20;

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
  private final Tensor memory;
  private final ByteBuffer counters;
  private final Map<ScalarType, Tensor[]> slots = new HashMap<>();
  private long arrivals;
  private long chunks;

  private SharedMemory(Path file, int rank, int size, Duration timeout) {
    this.rank = rank;
    this.size = size;
    this.timeout = timeout;
    try (PointerScope scope = new PointerScope()) {
      memory =
          torch.from_file(
              file.toString(),
              new BoolOptional(true),
              new LongOptional(bytes(size)),
              new TensorOptions(ScalarType.Byte));
      memory.retainReference();
      counters = new BytePointer(memory.data_ptr()).capacity((long) size * LINE).asByteBuffer();
    }
    LONGS.setVolatile(counters, rank * LINE + PROCESS, ProcessHandle.current().pid());
  }

  private static long bytes(int size) {
    return (long) size * LINE + 2L * size * CHUNK;
  }

  /**
   * Makes a file for so many workers, which no other user can read. It is filled, so that a full
   * memory is noticed here and not, as a signal, in the middle of a sum.
   *
   * @return empty where there is no room for it
   */
  static Optional<Path> create(int size) {
    for (String folder : new String[] {"/dev/shm", System.getProperty("java.io.tmpdir")}) {
      Path file = null;
      try {
        file =
            Files.createTempFile(
                Path.of(folder),
                "spark-finetune-",
                ".shared",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
          byte[] zeros = new byte[CHUNK];
          for (long left = bytes(size); left > 0; left -= zeros.length) {
            out.write(zeros, 0, (int) Math.min(left, zeros.length));
          }
        }
        return Optional.of(file);
      } catch (IOException | UnsupportedOperationException e) {
        LOG.debug("no shared memory in {}", folder, e);
        delete(file);
      }
    }
    return Optional.empty();
  }

  /** Lets go of a file; those who have opened it keep the memory. */
  static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.debug("cannot delete {}", file, e);
    }
  }

  /**
   * Opens a file that a worker of this host has made.
   *
   * @return empty where it cannot be seen from here, as from another container
   */
  static Optional<SharedMemory> open(Path file, int rank, int size, Duration timeout) {
    try {
      return Files.size(file) == bytes(size)
          ? Optional.of(new SharedMemory(file, rank, size, timeout))
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      LOG.debug("no shared memory at {}", file, e);
      return Optional.empty();
    }
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
   * @throws SharedMemoryException when another worker does not come
   */
  void sum(List<Tensor> tensors, double factor) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ScalarType type = tensors.get(0).scalar_type();
      List<Tensor> flat = tensors.stream().map(tensor -> tensor.view(-1)).toList();
      int capacity = CHUNK / (int) tensors.get(0).element_size();
      long left = flat.stream().mapToLong(Tensor::numel).sum();
      Position in = new Position(flat);
      Position out = new Position(flat);
      while (left > 0) {
        int numbers = (int) Math.min(left, capacity);
        chunk(slots(type), numbers, factor, in, out);
        left -= numbers;
      }
    }
  }

  private void chunk(Tensor[] all, int numbers, double factor, Position in, Position out) {
    try (PointerScope scope = new PointerScope()) {
      int first = (int) (chunks++ % 2) * size;
      Tensor own = all[first + rank];
      Tensor sum = all[first];
      in.next(numbers, (part, at) -> own.narrow(0, at, part.numel()).copy_(part));
      await();
      int share = (numbers / size / ALIGNMENT + 1) * ALIGNMENT;
      int begin = Math.min(rank * share, numbers);
      int length = Math.min(share, numbers - begin);
      if (length > 0) {
        Tensor part = sum.narrow(0, begin, length);
        for (int worker = 1; worker < size; worker++) {
          part.add_(all[first + worker].narrow(0, begin, length));
        }
        if (factor != 1) {
          part.mul_(new Scalar(factor));
        }
      }
      await();
      out.next(numbers, (part, at) -> part.copy_(sum.narrow(0, at, part.numel())));
    }
  }

  /** The slots of both sets, as numbers of a type. */
  private Tensor[] slots(ScalarType type) {
    return slots.computeIfAbsent(
        type,
        wanted -> {
          Tensor[] views = new Tensor[2 * size];
          for (int slot = 0; slot < views.length; slot++) {
            long from = (long) size * LINE + (long) slot * CHUNK;
            views[slot] = memory.narrow(0, from, CHUNK).view(wanted);
            views[slot].retainReference();
          }
          return views;
        });
  }

  /** Walks over the numbers of several tensors as if they were one. */
  private static final class Position {
    private final List<Tensor> tensors;
    private int tensor;
    private long offset;

    Position(List<Tensor> tensors) {
      this.tensors = tensors;
    }

    /** Takes a part of a tensor, and its place among the numbers of this call. */
    interface Part {
      void take(Tensor part, long at);
    }

    void next(int numbers, Part part) {
      long at = 0;
      while (at < numbers) {
        Tensor current = tensors.get(tensor);
        long length = Math.min(numbers - at, current.numel() - offset);
        if (length > 0) {
          part.take(current.narrow(0, offset, length), at);
        }
        at += length;
        offset += length;
        if (offset == current.numel()) {
          tensor++;
          offset = 0;
        }
      }
    }
  }

  /** Waits until all workers have come here. */
  private void await() {
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
          throw new SharedMemoryException("timed out");
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
      throw new SharedMemoryException("worker " + worker + " has left");
    }
    if (!lives(worker)) {
      throw new SharedMemoryException("the process of worker " + worker + " has ended");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new SharedMemoryException("interrupted while waiting for worker " + worker);
    }
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
