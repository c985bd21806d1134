package org.sparkfinetune.sql;

import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.TextAnswers;

/**
 * The two functions of a classifier.
 *
 * @param labels what gives the label, or of multi-label models the labels
 * @param probabilities what gives those of all labels
 */
record ClassifyFunctions(ClassifyFunction labels, ClassifyFunction probabilities) {
  static ClassifyFunctions of(ClassifierPipeline classifier) {
    TextAnswers alone = classifier.textAnswers();
    return new ClassifyFunctions(
        new ClassifyFunction(classifier, alone, false),
        new ClassifyFunction(classifier, alone, true));
  }
}
