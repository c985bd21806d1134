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
 * Which of a pretrained model's weights a classifier takes, by the rules of {@link
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
   * @param parameters its weights, which are to take the pretrained model's values; stay the
   *     caller's
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
   * @param fresh the weights that the pretrained model has no values for, which are yet to be
   *     initialized
   * @param report what of the pretrained model was not taken
   */
  record Taken(List<String> fresh, LoadReport report) {}

  /**
   * Looks up which of a pretrained model's tensors {@link #take} takes; reads none.
   *
   * @param pretrainedLabels the label names of the pretrained model's own configuration, by index
   * @throws UserException when the pretrained model lacks a weight of the encoder, or has it in
   *     another shape
   */
  StateDictMatcher.Match match(TensorSource pretrained, List<String> pretrainedLabels) {
    StateDictMatcher.Match match =
        StateDictMatcher.match(pretrained, wanted(pretrainedLabels), prefix, mayBeFresh());
    return new StateDictMatcher.Match(
        match.expectedByStored(),
        withOutput(match.missing(), pretrainedLabels),
        match.unusedHead(),
        match.unusedEncoder());
  }

  /**
   * Takes the values that the pretrained model has for the classifier.
   *
   * @param pretrainedLabels as of {@link #match}
   * @throws UserException as {@link #match}
   */
  Taken take(TensorSource pretrained, List<String> pretrainedLabels) {
    StateDictMatcher weights =
        parameters.load(pretrained, wanted(pretrainedLabels), prefix, mayBeFresh());
    List<String> fresh = withOutput(weights.missing(), pretrainedLabels);
    outputRows(pretrainedLabels)
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
  void matchAll(TensorSource pretrained) {
    StateDictMatcher.match(pretrained, parameters.shapes(), prefix, name -> false);
  }

  /**
   * Takes every weight, as of a classifier of these very labels.
   *
   * @throws UserException when the pretrained model lacks a weight, or has it in another shape
   */
  void takeAll(TensorSource pretrained) {
    parameters.load(pretrained, parameters.shapes(), prefix, name -> false);
  }

  /**
   * The weights to look for in a pretrained model: an output layer of other labels is none of them.
   */
  private Map<String, long[]> wanted(List<String> pretrainedLabels) {
    Map<String, long[]> wanted = parameters.shapes();
    if (outputRows(pretrainedLabels).isEmpty()) {
      wanted.keySet().removeAll(head.outputWeights());
    }
    return wanted;
  }

  private List<String> withOutput(List<String> missing, List<String> pretrainedLabels) {
    return outputRows(pretrainedLabels).isPresent()
        ? missing
        : Stream.concat(missing.stream(), head.outputWeights().stream()).toList();
  }

  /**
   * The row that each of this classifier's labels has in a pretrained model's output layer; empty
   * when the pretrained model's labels are not the same ones.
   */
  private Optional<long[]> outputRows(List<String> pretrainedLabels) {
    Map<String, Integer> rows = new HashMap<>();
    pretrainedLabels.forEach(label -> rows.put(label, rows.size()));
    boolean same =
        pretrainedLabels.size() == labels.size() && rows.keySet().equals(new HashSet<>(labels));
    return same ? Optional.of(labels.stream().mapToLong(rows::get).toArray()) : Optional.empty();
  }

  /** Weights that a pretrained model need not have: the head's and the adapters'. */
  private Predicate<String> mayBeFresh() {
    Set<String> adapters = parameters.adapterWeights();
    return name -> parameters.isHead(name) || adapters.contains(name);
  }
}
