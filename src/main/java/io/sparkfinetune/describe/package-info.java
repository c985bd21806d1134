/**
 * Says what a checkpoint is and what fine-tuning it would mean, from headers and settings alone: no
 * weight is read, and no memory for one is taken. Knows no Spark, and trains nothing.
 */
package io.sparkfinetune.describe;
