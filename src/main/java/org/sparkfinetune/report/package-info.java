/**
 * Reports of runs and studies for people: one HTML file each, with nothing outside it, its charts
 * drawn as SVG.
 *
 * <p>Reads what {@code track} knows of a run, what {@code evaluate} says of its predictions, and
 * what {@code tune} knows of a study; its callers say where these come from, and where a report
 * goes. {@link org.sparkfinetune.report.RunReport} shows one run, {@link
 * org.sparkfinetune.report.ComparisonReport} several, {@link org.sparkfinetune.report.StudyReport}
 * a study's trials, {@link org.sparkfinetune.report.EvaluationReport} measured rows.
 */
package org.sparkfinetune.report;
