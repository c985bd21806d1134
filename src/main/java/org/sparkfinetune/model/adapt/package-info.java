/**
 * What is done to a model between its checkpoint and its training: what is frozen, what starts
 * afresh, and low-rank adapters, with the files that Python's peft reads.
 */
package org.sparkfinetune.model.adapt;
