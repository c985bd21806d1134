/**
 * Workers that compute together: how they find each other, sum over all of them, and average
 * gradients. On several hosts, and on GPUs, these are libtorch's collectives (Gloo, NCCL) and its
 * {@code Reducer}, which sends while the pass runs; on one host it is memory that all share. Knows
 * no Spark, no model and no training loop.
 */
package org.sparkfinetune.collective;
