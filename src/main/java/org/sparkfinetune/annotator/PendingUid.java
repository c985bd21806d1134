package org.sparkfinetune.annotator;

/**
 * A uid on its way past the constructors of Scala superclasses.
 *
 * <p>Those constructors create their Params, and so call {@code uid()}, before a Java subclass can
 * assign its fields. A public constructor therefore sets the uid aside here, in the expression of
 * its {@code this(...)} argument; {@code uid()} answers with it until the field is there.
 */
final class PendingUid {
  private static final ThreadLocal<PendingUid> PENDING = new ThreadLocal<>();

  private final String value;

  private PendingUid(String value) {
    this.value = value;
  }

  /**
   * Sets a uid aside for the object that this thread is about to construct.
   *
   * @throws org.sparkfinetune.UserException when Spark NLP, whose constructors come next, is of a
   *     version that would miss a method in them
   */
  static PendingUid setAside(String value) {
    SparkNlpVersion.require();
    PendingUid uid = new PendingUid(value);
    PENDING.set(uid);
    return uid;
  }

  /** The uid of the object under construction on this thread. */
  static String ofConstruction() {
    return PENDING.get().value;
  }

  /**
   * Ends the setting aside, when the superclasses have been constructed: the uid, for the field.
   */
  String release() {
    PENDING.remove();
    return value;
  }
}
