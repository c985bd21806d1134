package org.sparkfinetune.model;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.encoder.ClassificationHead;
import org.sparkfinetune.model.encoder.EncoderFamilies;
import org.sparkfinetune.model.encoder.ParameterSet;
import org.sparkfinetune.model.io.StateDictMatcher;
import org.sparkfinetune.model.io.TensorSource;

/**
 * Which of a checkpoint's weights a classifier takes, by the rules of {@link
 * SequenceClassifier#fromPretrained}. It holds no weights itself.
 */
final class PretrainedWeights {
  private final ParameterSet parameters;
  private final ClassificationHead head;
  private final List<String> labels;
  private final String prefix;

  /**
   * The rules for one classifier.
   *
   * @param config the classifier's
   * @param parameters its weights, which are to take the checkpoint's values; stay the caller's
   * @param head its head, whose weights are among them
   */
  PretrainedWeights(ModelConfig config, ParameterSet parameters, ClassificationHead head) {
    this.parameters = parameters;
    this.head = head;
    this.labels = config.labels();
    this.prefix = EncoderFamilies.of(config.modelType()).baseModelPrefix();
  }

  /**
   * What has been taken.
   *
   * @param fresh the weights that the checkpoint has no values for, which are yet to be initialized
   * @param report what of the checkpoint was not taken
   */
  record Taken(List<String> fresh, LoadReport report) {}

  /**
   * Looks up which of a checkpoint's tensors {@link #take} takes; reads none.
   *
   * @param checkpointLabels the label names of the checkpoint's own configuration, by index
   * @throws UserException when the checkpoint lacks a weight of the encoder, or has it in another
   *     shape
   */
  StateDictMatcher.Match match(TensorSource checkpoint, List<String> checkpointLabels) {
    StateDictMatcher.Match match =
        StateDictMatcher.match(checkpoint, wanted(checkpointLabels), prefix, mayBeFresh());
    return new StateDictMatcher.Match(
        match.expectedByStored(),
        withOutput(match.missing(), checkpointLabels),
        match.unusedHead(),
        match.unusedEncoder());
  }

  /**
   * Takes the values that the checkpoint has for the classifier.
   *
   * @param checkpointLabels as of {@link #match}
   * @throws UserException as {@link #match}
   */
  Taken take(TensorSource checkpoint, List<String> checkpointLabels) {
    StateDictMatcher weights =
        parameters.load(checkpoint, wanted(checkpointLabels), prefix, mayBeFresh());
    List<String> fresh = withOutput(weights.missing(), checkpointLabels);
    outputRows(checkpointLabels)
        .ifPresent(
            rows ->
                head.outputWeights().stream()
                    .filter(name -> !fresh.contains(name))
                    .forEach(name -> parameters.reorderRows(name, rows)));
    return new Taken(
        fresh,
        new LoadReport(
            fresh.stream().filter(parameters::isHead).toList(),
            weights.unusedHead(),
            weights.unusedEncoder()));
  }

  /**
   * Looks up whether {@link #takeAll} finds every weight; reads none.
   *
   * @throws UserException as that
   */
  void matchAll(TensorSource checkpoint) {
    StateDictMatcher.match(checkpoint, parameters.shapes(), prefix, name -> false);
  }

  /**
   * Takes every weight, as of a classifier of these very labels.
   *
   * @throws UserException when the checkpoint lacks a weight, or has it in another shape
   */
  void takeAll(TensorSource checkpoint) {
    parameters.load(checkpoint, parameters.shapes(), prefix, name -> false);
  }

  /** The weights to look for in a checkpoint: an output layer of other labels is none of them. */
  private Map<String, long[]> wanted(List<String> checkpointLabels) {
    Map<String, long[]> wanted = parameters.shapes();
    if (outputRows(checkpointLabels).isEmpty()) {
      wanted.keySet().removeAll(head.outputWeights());
    }
    return wanted;
  }

  private List<String> withOutput(List<String> missing, List<String> checkpointLabels) {
    return outputRows(checkpointLabels).isPresent()
        ? missing
        : Stream.concat(missing.stream(), head.outputWeights().stream()).toList();
  }

  /**
   * The row that each of this classifier's labels has in a checkpoint's output layer; empty when
   * the checkpoint's labels are not the same ones.
   */
  private Optional<long[]> outputRows(List<String> checkpointLabels) {
    Map<String, Integer> rows = new HashMap<>();
    checkpointLabels.forEach(label -> rows.put(label, rows.size()));
    boolean same =
        checkpointLabels.size() == labels.size() && rows.keySet().equals(new HashSet<>(labels));
    return same ? Optional.of(labels.stream().mapToLong(rows::get).toArray()) : Optional.empty();
  }

  /** Weights that a checkpoint need not have: the head's and the adapters'. */
  private Predicate<String> mayBeFresh() {
    Set<String> adapters = parameters.adapterWeights();
    return name -> parameters.isHead(name) || adapters.contains(name);
  }
}
