package org.sparkfinetune.finetune;

import java.util.Locale;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * What came of a quickstart.
 *
 * @param fineTuned the fine-tuning on the sample
 * @param bagOfWords what the sample's test rows say of a bag of words that was trained on the same
 *     rows
 * @param data the paths of the sample's files, CSV with the columns {@code text} and {@code label},
 *     by split: {@code train}, {@code validation} and {@code test}
 */
@PublicApi
public record QuickstartResult(
    FineTuneResult fineTuned, EvaluationResult bagOfWords, Map<String, String> data) {
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "QuickstartResult(test_accuracy=%.4f, bag of words %.4f, data=%s)",
        fineTuned.test().orElseThrow().accuracy(),
        bagOfWords.accuracy(),
        data.values());
  }
}
