package org.sparkfinetune.train;

/** The losses there are. */
public enum LossType {
  /** Cross-entropy; for multi-label binary cross-entropy. */
  AUTO,
  /** Focal loss (Lin et al., 2017) on the softmax; for multi-label on each label's sigmoid. */
  FOCAL
}
