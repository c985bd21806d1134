package org.sparkfinetune.slice;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.Decisions;
import org.sparkfinetune.evaluate.Metrics;

/**
 * How far a classifier treats the groups of a column alike: for each label, against all others, the
 * largest rate of a group less the smallest, as fairlearn defines it. 0 is the same for all.
 *
 * @param column whose values are the groups
 * @param groups rows by group, of the groups that are compared
 * @param leftOut rows by group, of the groups with fewer rows than are needed, and of the values
 *     that share a slice
 * @param labels the gaps by label, in the order of the labels
 */
@PublicApi
public record FairnessGap(
    String column, Map<String, Long> groups, Map<String, Long> leftOut, List<OfLabel> labels) {
  private static final String DEMOGRAPHIC_PARITY = "demographic_parity_difference";
  private static final String EQUAL_OPPORTUNITY = "equal_opportunity_difference";
  private static final String EQUALIZED_ODDS = "equalized_odds_difference";

  /**
   * The gaps of a label. A rate that a group has not, as it has no row with the label, is left out;
   * a gap is empty where fewer than two groups have the rate.
   *
   * @param label its name
   * @param demographicParity of the shares of rows of which the label is predicted
   * @param equalOpportunity of the shares of rows with the label of which it is predicted
   * @param equalizedOdds the larger one of that and of the same of rows without the label
   */
  public record OfLabel(
      String label,
      OptionalDouble demographicParity,
      OptionalDouble equalOpportunity,
      OptionalDouble equalizedOdds) {}

  /** Copies the labels. */
  public FairnessGap {
    labels = List.copyOf(labels);
  }

  /**
   * The gaps of a column.
   *
   * @param slices of the column
   * @param metrics of each slice
   * @param minRows so many rows a group needs
   * @param labels the label names, by index
   */
  static FairnessGap of(
      String column, List<Slice> slices, List<Metrics> metrics, int minRows, List<String> labels) {
    Map<String, Long> groups = new LinkedHashMap<>();
    Map<String, Long> leftOut = new LinkedHashMap<>();
    List<List<Decisions>> compared = new ArrayList<>();
    for (int i = 0; i < slices.size(); i++) {
      boolean enough = metrics.get(i).n() >= minRows && slices.get(i).kind() != Slice.Kind.OTHER;
      (enough ? groups : leftOut).put(slices.get(i).value(), metrics.get(i).n());
      if (enough) {
        compared.add(metrics.get(i).decisions());
      }
    }
    List<OfLabel> gaps = new ArrayList<>();
    for (int label = 0; label < labels.size(); label++) {
      int of = label;
      gaps.add(gap(labels.get(label), compared.stream().map(group -> group.get(of)).toList()));
    }
    return new FairnessGap(column, groups, leftOut, gaps);
  }

  private static OfLabel gap(String label, List<Decisions> groups) {
    OptionalDouble opportunity =
        spread(groups, group -> group.support() > 0, Decisions::truePositiveRate);
    OptionalDouble falsely =
        spread(groups, group -> group.others() > 0, Decisions::falsePositiveRate);
    return new OfLabel(
        label,
        spread(groups, group -> true, Decisions::selectionRate),
        opportunity,
        opportunity.isPresent() && falsely.isPresent()
            ? OptionalDouble.of(Math.max(opportunity.getAsDouble(), falsely.getAsDouble()))
            : OptionalDouble.empty());
  }

  private static OptionalDouble spread(
      List<Decisions> groups, Predicate<Decisions> has, ToDoubleFunction<Decisions> rate) {
    double[] rates = groups.stream().filter(has).mapToDouble(rate).sorted().toArray();
    return rates.length < 2
        ? OptionalDouble.empty()
        : OptionalDouble.of(rates[rates.length - 1] - rates[0]);
  }

  /** The label with the largest gap of predictions; empty where no label has one. */
  public Optional<OfLabel> worstDemographicParity() {
    return worst(OfLabel::demographicParity);
  }

  /** The label with the largest gap of right predictions; empty where no label has one. */
  public Optional<OfLabel> worstEqualOpportunity() {
    return worst(OfLabel::equalOpportunity);
  }

  /** The label with the largest gap of right or wrong predictions; empty where no label has one. */
  public Optional<OfLabel> worstEqualizedOdds() {
    return worst(OfLabel::equalizedOdds);
  }

  private Optional<OfLabel> worst(Function<OfLabel, OptionalDouble> gap) {
    return labels.stream()
        .filter(label -> gap.apply(label).isPresent())
        .max(Comparator.comparingDouble(label -> gap.apply(label).getAsDouble()));
  }

  /** The gaps of the column as a whole, by name; those that are not defined are not among them. */
  Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(
        DEMOGRAPHIC_PARITY, number(worst(OfLabel::demographicParity), OfLabel::demographicParity));
    figures.put(
        EQUAL_OPPORTUNITY, number(worst(OfLabel::equalOpportunity), OfLabel::equalOpportunity));
    figures.put(EQUALIZED_ODDS, number(worst(OfLabel::equalizedOdds), OfLabel::equalizedOdds));
    figures.values().removeIf(Objects::isNull);
    return figures;
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("column", column);
    map.put("groups", groups);
    map.put("left_out", leftOut);
    map.put(
        DEMOGRAPHIC_PARITY, number(worst(OfLabel::demographicParity), OfLabel::demographicParity));
    map.put(EQUAL_OPPORTUNITY, number(worst(OfLabel::equalOpportunity), OfLabel::equalOpportunity));
    map.put(EQUALIZED_ODDS, number(worst(OfLabel::equalizedOdds), OfLabel::equalizedOdds));
    map.put("labels", labels.stream().map(FairnessGap::toMap).toList());
    return map;
  }

  private static Map<String, Object> toMap(OfLabel label) {
    Optional<OfLabel> of = Optional.of(label);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("label", label.label());
    map.put(DEMOGRAPHIC_PARITY, number(of, OfLabel::demographicParity));
    map.put(EQUAL_OPPORTUNITY, number(of, OfLabel::equalOpportunity));
    map.put(EQUALIZED_ODDS, number(of, OfLabel::equalizedOdds));
    return map;
  }

  /** Null where there is none. */
  private static Double number(Optional<OfLabel> label, Function<OfLabel, OptionalDouble> gap) {
    OptionalDouble value = label.map(gap).orElse(OptionalDouble.empty());
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
