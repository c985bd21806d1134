/**
 * The command lines: {@code quickstart}, {@code describe}, {@code fine-tune}, {@code evaluate},
 * {@code predict}, {@code export}, {@code runs}.
 *
 * <p>A job reads its configuration, calls what other packages do, and prints and writes the result.
 * Nothing here trains, tokenizes or measures. {@link io.sparkfinetune.jobs.JobData} is the one
 * class that calls package {@code data}, {@link io.sparkfinetune.jobs.ClassifierPipeline} the one
 * that calls package {@code annotator}.
 */
package io.sparkfinetune.jobs;
