/**
 * Reports of runs for people: one HTML file each, with nothing outside it, its charts drawn as SVG.
 *
 * <p>Reads what {@code track} knows of a run and what {@code evaluate} says of its predictions;
 * where these come from, and where a report goes, is the jobs' affair. {@link
 * io.sparkfinetune.report.RunReport} shows one run, {@link
 * io.sparkfinetune.report.ComparisonReport} several.
 */
package io.sparkfinetune.report;
