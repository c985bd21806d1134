package org.sparkfinetune.tokenize;

/** Tokenized rows of known lengths: what it takes to form batches. */
public interface Rows {
  /** The number of rows. */
  int size();

  /** The number of tokens of a row, special tokens included. */
  int length(int row);
}
