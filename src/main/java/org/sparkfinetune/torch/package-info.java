/**
 * libtorch itself: loading its natives and setting its threads. What computes with it lives in
 * {@code model} and {@code train}.
 */
package org.sparkfinetune.torch;
