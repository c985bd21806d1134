/**
 * The command lines: {@code quickstart}, {@code describe}, {@code fine-tune}, {@code tune}, {@code
 * evaluate}, {@code predict}, {@code export}, {@code runs}, {@code sync}.
 *
 * <p>A job reads its configuration, calls what other packages do, and prints the result: whatever a
 * script can do, a program can do with those packages. Nothing depends on this one.
 */
package org.sparkfinetune.jobs;
