package org.sparkfinetune.evaluate;

import java.io.Serializable;

/**
 * What some rows have in one column of a {@link ScoreBlocks}.
 *
 * @param positives the scores of the rows that the column is right for, in any order
 * @param negatives those of the others
 */
public record ScoreBlock(int column, double[] positives, double[] negatives)
    implements Serializable {}
