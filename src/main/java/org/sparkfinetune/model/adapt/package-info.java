/**
 * What is done to a pretrained model before it is trained: what is frozen, what starts afresh, and
 * low-rank adapters, with the files that Python's peft reads.
 */
package org.sparkfinetune.model.adapt;
