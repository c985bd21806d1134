/**
 * The command lines: {@code quickstart}, {@code describe}, {@code fine-tune}, {@code tune}, {@code
 * evaluate}, {@code predict}, {@code export}, {@code runs}, {@code sync}.
 *
 * <p>A job reads its configuration, calls what other packages do, and prints and writes the result.
 * Beside them lie what they share: the pipeline of a document assembler and the classifier, the
 * record of a run, the study of a search, and the bag of words that the quickstart compares with.
 * Encoders are trained, and metrics defined, in other packages alone.
 */
package org.sparkfinetune.jobs;
