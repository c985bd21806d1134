package org.sparkfinetune.distributed;

/** What a worker computes on. */
public enum DeviceType {
  /** A GPU where the workers are given one, else the processor. */
  AUTO,
  CPU,
  CUDA
}
