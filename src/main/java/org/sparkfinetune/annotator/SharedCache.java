package org.sparkfinetune.annotator;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Values that the threads of a JVM share, created when first asked for and closed when newer ones
 * take their place and nobody uses them any more.
 *
 * <p>Thread-safe. Values of different keys are created side by side; those who ask for the same key
 * wait for the one creation. A creation that fails throws to who asked, and is tried again by the
 * next.
 */
final class SharedCache<K, V extends AutoCloseable> {
  private final int capacity;
  // In order of use, the longest unused first.
  private final Map<K, Entry<V>> entries = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Creates an empty cache.
   *
   * @param capacity the values kept; more are held only while more are in use
   */
  SharedCache(int capacity) {
    this.capacity = capacity;
  }

  /** A value in use, until it is closed. */
  final class Lease implements AutoCloseable {
    private final Entry<V> entry;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Lease(Entry<V> entry) {
      this.entry = entry;
    }

    V value() {
      return entry.value;
    }

    @Override
    public void close() {
      if (open.getAndSet(false)) {
        release(entry);
      }
    }
  }

  /**
   * The value of a key, created by {@code create} when there is none; close the lease after use.
   */
  Lease acquire(K key, Supplier<V> create) {
    Entry<V> entry;
    synchronized (this) {
      entry = entries.computeIfAbsent(key, k -> new Entry<>());
      entry.users++;
    }
    boolean created = false;
    try {
      entry.createOnce(create);
      created = true;
      return new Lease(entry);
    } finally {
      if (!created) {
        release(entry);
      }
    }
  }

  private void release(Entry<V> released) {
    List<V> evicted = new ArrayList<>();
    synchronized (this) {
      released.users--;
      if (released.users == 0 && released.value == null) {
        entries.values().remove(released);
      }
      Iterator<Entry<V>> eldestFirst = entries.values().iterator();
      while (entries.size() > capacity && eldestFirst.hasNext()) {
        Entry<V> entry = eldestFirst.next();
        if (entry.users == 0) {
          eldestFirst.remove();
          evicted.add(entry.value);
        }
      }
    }
    for (V value : evicted) {
      try {
        value.close();
      } catch (Exception e) {
        throw new IllegalStateException("cannot close " + value, e);
      }
    }
  }

  private static final class Entry<V> {
    private int users;
    private volatile V value;

    synchronized void createOnce(Supplier<V> create) {
      if (value == null) {
        value = create.get();
      }
    }
  }
}
