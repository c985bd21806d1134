/**
 * What a classifier's predictions are worth: metrics with scikit-learn's definitions, their
 * intervals, and the text report of them. {@link org.sparkfinetune.evaluate.Metric} declares every
 * metric there is, once.
 *
 * <p>Plain Java over label indices: this package knows no Spark, no libtorch and no text. The
 * training loop validates with it, and the jobs evaluate with it.
 */
package org.sparkfinetune.evaluate;
