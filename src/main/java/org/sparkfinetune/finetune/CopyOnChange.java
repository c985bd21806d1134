package org.sparkfinetune.finetune;

import java.util.function.Consumer;

/**
 * Something that is immutable to its users: a method that changes it gives a changed copy. Fields
 * are assigned in {@link #changed} and nowhere else.
 *
 * @param <T> the class itself
 */
abstract class CopyOnChange<T extends CopyOnChange<T>> implements Cloneable {
  /** A copy with a change; this stays as it is. */
  @SuppressWarnings("unchecked") // a class names itself
  protected final T changed(Consumer<T> change) {
    try {
      T copy = (T) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }
}
