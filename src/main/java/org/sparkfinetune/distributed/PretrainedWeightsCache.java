package org.sparkfinetune.distributed;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorInfo;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.torch.Libtorch;

/**
 * The weights of a base in this process's memory, for the trainings that share it: read from
 * storage by the first of them, copied into the model of each.
 *
 * <p>One base at a time: another one takes its place. It is freed when it is shared no more, or
 * when no training that shares it has run for a while. Thread-safe; models are loaded one after the
 * other.
 */
final class PretrainedWeightsCache {
  private static final Logger LOG = LoggerFactory.getLogger(PretrainedWeightsCache.class);

  /** Longer than the driver takes between two trainings of a study. */
  private static final Duration IDLE = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(500);

  /** Those of this process. */
  static final PretrainedWeightsCache OF_PROCESS = new PretrainedWeightsCache(IDLE);

  private final Duration idle;

  /** Guards {@link #kept} and all of its content. */
  private final ReentrantLock loading = new ReentrantLock();

  private Entry kept;
  private int reads;

  /** Trainings that run, by what they share; guarded, as {@link #used} is, by this object. */
  private final Map<Key, Integer> running = new HashMap<>();

  private long used;

  /**
   * Keeps nothing yet.
   *
   * @param idle after which weights are freed that no running training shares
   */
  PretrainedWeightsCache(Duration idle) {
    this.idle = idle;
  }

  /**
   * Whose weights they are.
   *
   * @param sharing {@link PretrainedModelHandle#id()}
   */
  record Key(String sharing, String base) {}

  private static final class Entry {
    private final Key key;
    private final BooleanSupplier shared;
    private final PretrainedModel pretrained;
    private final Map<String, Tensor> tensors = new HashMap<>();
    private String name;
    private Map<String, TensorInfo> infos;

    Entry(Key key, BooleanSupplier shared, PretrainedModel pretrained) {
      this.key = key;
      this.shared = shared;
      this.pretrained = pretrained;
    }
  }

  /** Says that a training runs which shares a base, until the result is closed. */
  synchronized Running running(Key key) {
    running.merge(key, 1, Integer::sum);
    return () -> ended(key);
  }

  /** A training that runs. */
  interface Running extends AutoCloseable {
    @Override
    void close();
  }

  private synchronized void ended(Key key) {
    running.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
    used = System.nanoTime();
  }

  private synchronized boolean isInUse(Key key) {
    return running.containsKey(key) || System.nanoTime() - used < idle.toNanos();
  }

  /**
   * Loads a model.
   *
   * @param shared whether the base is still shared; asked from time to time from another thread
   * @param open opens the pretrained model, if it is not open yet
   * @param load makes a model with copies of its weights
   * @param waiting called often while this waits or reads; what it throws ends that
   */
  <T> T load(
      Key key,
      BooleanSupplier shared,
      Supplier<PretrainedModel> open,
      BiFunction<PretrainedModel, TensorSource, T> load,
      Runnable waiting) {
    lock(waiting);
    try {
      if (kept == null || !kept.key.equals(key)) {
        PretrainedModel pretrained = open.get();
        free();
        kept = new Entry(key, shared, pretrained);
        watch();
      }
      try (Copies copies = new Copies(kept, waiting)) {
        return load.apply(kept.pretrained, copies);
      }
    } finally {
      loading.unlock();
    }
  }

  private void lock(Runnable waiting) {
    try {
      while (!loading.tryLock(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        waiting.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while another training read the base", e);
    }
  }

  /** How often storage was opened to read weights. */
  int reads() {
    loading.lock();
    try {
      return reads;
    } finally {
      loading.unlock();
    }
  }

  /** The bytes of the weights that are kept now. */
  long bytes() {
    loading.lock();
    try {
      return kept == null ? 0 : kept.tensors.values().stream().mapToLong(Tensor::nbytes).sum();
    } finally {
      loading.unlock();
    }
  }

  private void free() {
    if (kept != null) {
      kept.tensors.values().forEach(Tensor::close);
      LOG.info("freed the weights of {}", kept.key.base());
      kept = null;
      Libtorch.returnFreedMemory();
    }
  }

  /** Frees what is kept now in good time, on a thread that lives as long. */
  private void watch() {
    Entry watched = kept;
    Thread thread = new Thread(() -> freeInTime(watched), "base weights");
    thread.setDaemon(true);
    thread.start();
  }

  private void freeInTime(Entry watched) {
    try {
      boolean over = false;
      while (!over) {
        Thread.sleep(POLL.toMillis());
        loading.lock();
        try {
          over = kept != watched;
          if (!over && !(watched.shared.getAsBoolean() && isInUse(watched.key))) {
            free();
            over = true;
          }
        } finally {
          loading.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives copies of what is kept, and reads what is not. */
  private final class Copies implements TensorSource {
    private final Entry from;
    private final Runnable waiting;
    private TensorSource storage;

    Copies(Entry from, Runnable waiting) {
      this.from = from;
      this.waiting = waiting;
      if (from.infos == null) {
        from.name = storage().name();
        from.infos = storage().tensors();
      }
    }

    private TensorSource storage() {
      if (storage == null) {
        LOG.info("reading the weights of {} for the trainings that share them", from.key.base());
        storage = from.pretrained.openWeights();
        reads++;
      }
      return storage;
    }

    @Override
    public String name() {
      return from.name;
    }

    @Override
    public Map<String, TensorInfo> tensors() {
      return from.infos;
    }

    @Override
    public Tensor read(String name) {
      waiting.run();
      return from.tensors.computeIfAbsent(name, this::readToKeep).clone();
    }

    private Tensor readToKeep(String name) {
      // Not the caller's scope: these outlive it.
      try (PointerScope scope = new PointerScope()) {
        return storage().read(name).retainReference();
      }
    }

    @Override
    public void close() {
      if (storage != null) {
        storage.close();
      }
    }
  }
}
