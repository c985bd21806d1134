package org.sparkfinetune.train;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongToDoubleFunction;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Nearest;

/**
 * Reads the settings that give labels weights: {@code none}, {@code balanced}, or {@code
 * label=weight, ...}.
 *
 * @param names the labels by index
 * @param rowsByLabel how many of the training rows have each label
 * @param rows the number of training rows
 */
record LabelWeights(List<String> names, long[] rowsByLabel, long rows) {
  private static final String NONE = "none";
  private static final String BALANCED = "balanced";
  private static final int LABELS_SHOWN = 5;

  /**
   * The weights of the classes by index; balanced ones are scikit-learn's {@code rows / (classes *
   * rows of the class)}.
   *
   * @return null for none
   * @throws UserException when the text is none of the three, or a class to balance has no rows
   */
  float[] ofClasses(String classWeights) {
    if (classWeights.equals(BALANCED)) {
      requireRows("training.class_weights", rowsByLabel, "no training rows at all");
    }
    return weights(
        "training.class_weights",
        classWeights,
        count -> (double) rows / ((double) names.size() * count));
  }

  /**
   * The weights of rows that have a label, by its index; balanced ones are {@code rows without it /
   * rows with it}.
   *
   * @return null for none
   * @throws UserException when the text is none of the three, or all or none of the rows have a
   *     label to balance
   */
  float[] positive(String posWeight) {
    if (posWeight.equals(BALANCED)) {
      requireRows("training.pos_weight", rowsByLabel, "no training rows that have them");
      long[] without = Arrays.stream(rowsByLabel).map(with -> rows - with).toArray();
      requireRows("training.pos_weight", without, "no training rows that do not have them");
    }
    return weights("training.pos_weight", posWeight, count -> (double) (rows - count) / count);
  }

  private float[] weights(String key, String text, LongToDoubleFunction balanced) {
    if (text.equals(NONE)) {
      return null;
    }
    float[] weights = new float[names.size()];
    if (text.equals(BALANCED)) {
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) balanced.applyAsDouble(rowsByLabel[i]);
      }
    } else {
      Arrays.fill(weights, 1);
      parse(key, text, weights);
    }
    return weights;
  }

  private void parse(String key, String text, float[] weights) {
    Set<String> seen = new HashSet<>();
    String begun = "";
    for (String part : text.split(",", -1)) {
      String entry = begun + part;
      // A label may have equals signs in it; a weight has none.
      int equals = entry.lastIndexOf('=');
      String label = entry.substring(0, Math.max(0, equals)).trim();
      if (equals < 0 && names.stream().anyMatch(name -> name.startsWith(entry.trim() + ","))) {
        // A comma in a label does not end it.
        begun = entry + ",";
        continue;
      }
      begun = "";
      if (equals < 0) {
        throw withoutWeight(key, entry);
      }
      if (!names.contains(label)) {
        throw new UserException(
            "%s: there is no label '%s': did you mean '%s'?"
                .formatted(key, label, Nearest.of(label, names)));
      }
      if (!seen.add(label)) {
        throw new UserException(
            "%s: the label '%s' has two weights: leave one of them out".formatted(key, label));
      }
      weights[names.indexOf(label)] = weight(key, label, entry.substring(equals + 1).trim());
    }
    if (!begun.isEmpty()) {
      throw withoutWeight(key, begun.substring(0, begun.length() - 1));
    }
  }

  private static UserException withoutWeight(String key, String entry) {
    return new UserException(
        "%s: '%s' has no weight: expected %s, %s, or label=weight with commas between them"
            .formatted(key, entry.trim(), NONE, BALANCED));
  }

  private static float weight(String key, String label, String text) {
    float weight;
    try {
      weight = Float.parseFloat(text);
    } catch (NumberFormatException e) {
      weight = Float.NaN;
    }
    if (!(weight > 0) || Float.isInfinite(weight)) {
      throw new UserException(
          "%s: the weight of '%s' is '%s': expected a number greater than 0"
              .formatted(key, label, text));
    }
    return weight;
  }

  private void requireRows(String key, long[] counts, String lacking) {
    List<String> without = names.stream().filter(name -> counts[names.indexOf(name)] == 0).toList();
    if (!without.isEmpty()) {
      String shown =
          String.join("', '", without.subList(0, Math.min(LABELS_SHOWN, without.size())));
      throw new UserException(
          "%s=%s: there are %s for %d of %d labels ('%s'%s): give weights as label=weight, or leave those labels out"
              .formatted(
                  key,
                  BALANCED,
                  lacking,
                  without.size(),
                  names.size(),
                  shown,
                  without.size() > LABELS_SHOWN ? ", ..." : ""));
    }
  }
}
