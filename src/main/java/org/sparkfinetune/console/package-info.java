/**
 * The terminal: lines, commands to copy, and the bars that show how far a training or a study has
 * come.
 *
 * <p>What is printed is cleaned by package {@code text}. Nobody else writes to standard output, but
 * for the jobs.
 */
package org.sparkfinetune.console;
