/**
 * What a forward pass is made of: the operations that encoders are written in, how libtorch carries
 * them out, with or without padding, and the memory that they take. Knows no layer and no family.
 */
package org.sparkfinetune.model.compute;
