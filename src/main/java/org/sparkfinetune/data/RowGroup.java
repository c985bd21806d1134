package org.sparkfinetune.data;

/**
 * Rows of one split, reason and label.
 *
 * @param reason null when they are not rejected
 * @param label null when they have none
 * @param labeled rows that have the label; a row with several is in a group for each
 * @param rows those of them that are counted here, so that each row is counted once in all
 * @param conflicts training rows whose text bears other labels in other rows
 * @param replaced rows whose texts hold U+FFFD, which stands for bytes that are no character
 * @param listed rows whose labels were a list as text
 * @param example the start of a text in conflict or of a malformed row; null when there is none
 */
record RowGroup(
    String split,
    RejectReason reason,
    String label,
    long labeled,
    long rows,
    long conflicts,
    long replaced,
    long listed,
    String example) {
  boolean in(String name) {
    return split.equals(name);
  }

  boolean usable() {
    return reason == null;
  }
}
