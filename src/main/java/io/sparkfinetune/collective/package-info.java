/**
 * Workers that compute together: how they find each other, sum over all of them, and average
 * gradients while these are computed. Knows libtorch's collectives (Gloo, NCCL) and its {@code
 * Reducer}; knows no Spark, no model and no training loop.
 */
package io.sparkfinetune.collective;
