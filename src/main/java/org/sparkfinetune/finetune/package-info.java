/**
 * A fine-tuning as a whole: rows are read and checked, a model is trained, saved and tested, and a
 * record of it is kept.
 *
 * <p>{@link org.sparkfinetune.finetune.FineTuning} is where to begin; {@link
 * org.sparkfinetune.finetune.FineTuneRecorder} writes the record.
 */
package org.sparkfinetune.finetune;
