/**
 * The hyper-parameter tuner's core: search spaces, trials, and the study that asks samplers for the
 * next trial and pruners whether one should stop. Knows no Spark, no trainer and no terminal: what
 * a trial does is its caller's affair.
 */
package org.sparkfinetune.tune;
