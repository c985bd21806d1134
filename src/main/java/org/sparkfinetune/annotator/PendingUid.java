package org.sparkfinetune.annotator;

/**
 * A uid on its way past the constructors of Scala superclasses.
 *
 * <p>Those constructors create their Params, and so call {@code uid()}, before a Java subclass can
 * assign its fields. A public constructor therefore puts the uid aside here, in the expression of
 * its {@code this(...)} argument; {@code uid()} answers with it until the field is there.
 */
final class PendingUid {
  private static final ThreadLocal<PendingUid> PENDING = new ThreadLocal<>();

  private final String value;

  private PendingUid(String value) {
    this.value = value;
  }

  /** Puts a uid aside for the object that this thread is about to construct. */
  static PendingUid put(String value) {
    PendingUid uid = new PendingUid(value);
    PENDING.set(uid);
    return uid;
  }

  /** The uid of the object under construction on this thread. */
  static String pending() {
    return PENDING.get().value;
  }

  /** The uid, for the field; the constructors of the superclasses have run. */
  String take() {
    PENDING.remove();
    return value;
  }
}
