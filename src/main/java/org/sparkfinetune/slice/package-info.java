/**
 * For whom a classifier fails: {@link org.sparkfinetune.slice.Slice} is a part of the rows, by a
 * value of one of their columns, {@link org.sparkfinetune.slice.SlicePlan} says which slices a row
 * is in, {@link org.sparkfinetune.slice.SliceSearch} finds those with the most errors, with the
 * tests and the correction behind that, and {@link org.sparkfinetune.slice.FairnessGap} is how far
 * groups are treated alike.
 *
 * <p>Plain Java over values and label indices: this package knows no Spark, no libtorch and no
 * file. All rows are the slice of number 0, and no case of their own.
 */
package org.sparkfinetune.slice;
