/**
 * Says what a pretrained model is and what fine-tuning it would mean, from headers and settings
 * alone: no weight is read or fetched, and no memory for one is taken. May use train and model for
 * their shapes and settings; knows no Spark, and trains nothing.
 */
package org.sparkfinetune.describe;
