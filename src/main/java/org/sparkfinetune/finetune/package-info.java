/**
 * What is done with a model as a whole, each in a few lines of a program.
 *
 * <p>Public API: {@link org.sparkfinetune.finetune.FineTuning} reads and checks rows, trains,
 * saves, tests and keeps a record; {@link org.sparkfinetune.finetune.Evaluation} measures; {@link
 * org.sparkfinetune.finetune.Prediction} classifies; {@link org.sparkfinetune.finetune.Export}
 * writes other tools' formats; {@link org.sparkfinetune.finetune.Description} says what a
 * pretrained model is; {@link org.sparkfinetune.finetune.Quickstart} does all on a sample; {@link
 * org.sparkfinetune.finetune.TextClassifier} is a fine-tuned model. Each is immutable and takes the
 * keys of the command line; what they take alike is {@link org.sparkfinetune.finetune.RunBuilder},
 * those of one model {@link org.sparkfinetune.finetune.ModelRunBuilder}. The rest is none: {@code
 * FineTuneRun} does the work, and {@code FineTuneRecorder} writes the record.
 */
package org.sparkfinetune.finetune;
