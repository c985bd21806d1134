/**
 * The records of runs: a journal in the output, its delivery to a tracking server, and lists, texts
 * and pages of what was recorded.
 *
 * <p>Public API: {@link org.sparkfinetune.runs.Runs} lists, shows and compares runs, {@link
 * org.sparkfinetune.runs.JournalDelivery} delivers a journal later, {@link
 * org.sparkfinetune.runs.RecordedRun} says where a run's record is. The rest keeps records for
 * packages {@code finetune} and {@code study}: {@link org.sparkfinetune.runs.RunJournal} is a job's
 * journal. How events are written and sent is package {@code track}.
 */
package org.sparkfinetune.runs;
