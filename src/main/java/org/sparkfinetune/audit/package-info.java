/**
 * Whether the labels of training rows are right: each row is predicted by a model that was trained
 * without it, and what those predictions say of the labels is found by confident learning
 * (Northcutt, Jiang and Chuang, 2021), as cleanlab defines it; and which texts occur more than
 * once.
 *
 * <p>Public API: {@link org.sparkfinetune.audit.Audit}, which gives an {@link
 * org.sparkfinetune.audit.AuditResult}. The rest is none.
 *
 * <p>Rows stay on the cluster: what comes to the driver are sums by class and pair of classes, and
 * the few rows that are shown. Nothing of a training is here; a fold is one of package {@code
 * pipeline}.
 */
package org.sparkfinetune.audit;
