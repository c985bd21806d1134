package org.sparkfinetune.torch;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_full;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/** Loads the natives of libtorch once a JVM, with the settings that this project needs. */
public final class Libtorch {
  /** Longer than a step takes, but for a process that is being starved. */
  private static final long SHUTDOWN_MILLIS = 30_000;

  private static final String BLAS = "org.bytedeco.openblas.load";

  /** MKL's number for the threads of libgomp, which libtorch's own operations run on. */
  private static final int GNU_THREADS = 3;

  private static final AtomicInteger COMPUTING = new AtomicInteger();
  private static final List<Runnable> BEFORE_END = new CopyOnWriteArrayList<>();
  private static final boolean MKL;
  private static volatile boolean ending;

  static {
    // MKL multiplies about twice as fast as OpenBLAS here; the choice is read when OpenBLAS loads.
    setUnlessSet(BLAS, "mkl");
    // JavaCPP would else refuse to allocate once the process holds twice the Java heap.
    setUnlessSet("org.bytedeco.javacpp.maxbytes", "0");
    setUnlessSet("org.bytedeco.javacpp.maxphysicalbytes", "0");
    Bindings.require();
    Natives.load(torch.class);
    MKL = loadMkl();
    Runtime.getRuntime().addShutdownHook(new Thread(Libtorch::awaitIdle, "libtorch shutdown"));
  }

  private Libtorch() {}

  /** Loads the natives, if they are not loaded yet. */
  public static void load() {
    // Running this class's initializer is all there is to do.
  }

  /**
   * Sets the number of threads that one operation of the calling thread may use, and of threads
   * that have not used libtorch yet.
   *
   * @param threads at least 1
   */
  public static synchronized void setThreads(int threads) {
    torch.set_num_threads(threads);
    // A thread takes the process's number when it first asks for its own: ask before another sets
    // the process's to what it wants for itself.
    torch.get_num_threads();
  }

  /** Gives memory that natives have freed back to the system, where the C library keeps it. */
  public static void returnFreedMemory() {
    Pointer.trimMemory();
  }

  /** Whether this process can compute on NVIDIA GPUs: with the GPU build, a driver and a GPU. */
  public static boolean cudaAvailable() {
    return torch.cuda_is_available();
  }

  /**
   * Whether its GPUs multiply bf16 themselves, as NVIDIA's do since 2020, rather than emulate it.
   */
  public static boolean cudaMultipliesBf16() {
    // Asks for compute capability 8, which the bindings do not tell by itself.
    return cudaAvailable() && torch.getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
  }

  /** The GPUs that this process sees. */
  public static int cudaDevices() {
    return cudaAvailable() ? (int) torch.cuda_device_count() : 0;
  }

  /**
   * Marks the calling thread as computing until the result is closed: the end of the process
   * destroys what libtorch's threads work on, and one that still ran would crash it, so it waits
   * for them.
   *
   * @throws CancellationException when the process is ending: nothing new may start
   */
  public static Computation computation() {
    COMPUTING.incrementAndGet();
    Computation computation = COMPUTING::decrementAndGet;
    if (ending) {
      computation.close();
      throw new CancellationException("the process is ending");
    }
    return computation;
  }

  /** A stretch of work, as short as a training step or a batch. */
  public interface Computation extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Has the end of the process do something first, for which it still computes: a server answers
   * what it has taken. The process does not end before it returns.
   */
  public static void beforeEnd(Runnable last) {
    BEFORE_END.add(last);
  }

  private static void awaitIdle() {
    try {
      BEFORE_END.forEach(Runnable::run);
    } finally {
      ending = true;
    }
    long deadline = System.currentTimeMillis() + SHUTDOWN_MILLIS;
    try {
      while (COMPUTING.get() > 0 && System.currentTimeMillis() < deadline) {
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether MKL is what libtorch multiplies with. */
  static boolean hasMkl() {
    return MKL;
  }

  /** Whether OpenBLAS's bindings have found MKL, whose functions then take the place of its own. */
  private static boolean loadMkl() {
    if (!List.of(System.getProperty(BLAS).split(",")).contains("mkl")) {
      return false;
    }
    Pointer setThreadingLayer = Loader.addressof("MKL_Set_Threading_Layer");
    if (setThreadingLayer == null) {
      // MKL has builds for few platforms; OpenBLAS then multiplies.
      return false;
    }
    Natives.load(openblas_full.class);
    if (Loader.getPlatform().startsWith("linux")) {
      // MKL's own threads would wait for work on the same cores. Its bindings are 130 MB of native
      // code: here is one of OpenBLAS's for a function of the same signature.
      try (LongPointer cell = new LongPointer(1)) {
        new openblas_nolapack.MklSetNumThreadsLocal(cell).put(setThreadingLayer).call(GNU_THREADS);
      }
    }
    return true;
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
