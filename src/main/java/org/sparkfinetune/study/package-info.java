/**
 * A search for the settings with which a fine-tuning does best: its space, its objectives, its
 * trials on the cluster, its record and its files.
 *
 * <p>Public API: {@link org.sparkfinetune.study.Tuning}, which gives a {@link
 * org.sparkfinetune.study.StudyResult}. The rest is none: {@code StudyPlan} is what settings come
 * to, {@code TuneSession} what runs it.
 *
 * <p>How settings are chosen, and which trials are stopped early, is package {@code tune}, which
 * knows nothing of fine-tuning; here a trial is one.
 */
package org.sparkfinetune.study;
