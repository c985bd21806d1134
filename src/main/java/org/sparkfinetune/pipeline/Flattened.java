package org.sparkfinetune.pipeline;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** What comes several at a time, one by one. */
abstract class Flattened<T> implements Iterator<T> {
  private Iterator<T> some = List.<T>of().iterator();

  /** The next ones; none at the end. */
  abstract List<T> more();

  @Override
  public boolean hasNext() {
    if (!some.hasNext()) {
      some = more().iterator();
    }
    return some.hasNext();
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return some.next();
  }
}
