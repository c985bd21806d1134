/**
 * The command lines: {@code quickstart}, {@code describe}, {@code fine-tune}, {@code tune}, {@code
 * evaluate}, {@code predict}, {@code export}, {@code runs}, {@code sync}.
 *
 * <p>A job reads its configuration, calls what other packages do, and prints the result: whatever a
 * script can do, a program can do with the public API of {@code finetune}, {@code study} and {@code
 * runs}. Nothing depends on this one, and it is no API.
 */
package org.sparkfinetune.jobs;
