package org.sparkfinetune.data;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sparkfinetune.text.NumberFormat;

/** What is wrong with the labels of rows that were rejected for them, in words. */
final class LabelFaults {
  private static final int NAMES_SHOWN = 5;

  private final List<RowGroup> groups;

  LabelFaults(List<RowGroup> groups) {
    this.groups = groups;
  }

  /** Rows of a split whose labels cannot be meant, for one reason; empty when there are none. */
  Optional<String> of(String split, RejectReason reason) {
    Predicate<RowGroup> faulty = group -> group.in(split) && group.reason() == reason;
    long rows = matching(faulty).mapToLong(RowGroup::rows).sum();
    if (rows == 0) {
      return Optional.empty();
    }
    // A row may have sound labels too.
    Set<String> sound = labels(RowGroup::usable).collect(Collectors.toSet());
    String example =
        labels(faulty)
            .filter(label -> !sound.contains(label))
            .min(Comparator.naturalOrder())
            .orElseGet(() -> labels(faulty).min(Comparator.naturalOrder()).orElse(""));
    return Optional.of(
        "%s: %s rows, such as %s; %s"
            .formatted(
                reason.words(),
                NumberFormat.thousands(rows),
                LabelSpellings.shown(example),
                reason.meaning()));
  }

  /** The same of a split that is not trained on, a sentence a reason. */
  List<String> heldOut(String split) {
    return split.equals(Split.TRAIN)
        ? List.of()
        : Arrays.stream(RejectReason.values())
            .filter(RejectReason::stopsTraining)
            .flatMap(reason -> of(split, reason).stream())
            .map(faults -> split + ": " + faults)
            .toList();
  }

  /**
   * What to add to a message that a split has no usable row.
   *
   * @param known whose the known labels are
   */
  String ofUnusable(String split, LabelIndex labels, String known) {
    List<String> faults = heldOut(split);
    return faults.stream().map(fault -> "; " + fault).collect(Collectors.joining())
        + unseen(split, labels)
            .map(
                these ->
                    "; its labels %s are none of %s, which are %s: expected the same spelling"
                        .formatted(these, known, names(labels.names(), LabelSpellings::shown)))
            .orElse("");
  }

  /** The labels of a split that are not known, those first that are known in another spelling. */
  Optional<String> unseen(String split, LabelIndex labels) {
    Map<String, Long> rows = new TreeMap<>();
    matching(group -> group.in(split) && group.reason() == RejectReason.UNSEEN_LABEL)
        .filter(group -> group.label() != null && labels.indexOf(group.label()) < 0)
        .forEach(group -> rows.merge(group.label(), group.labeled(), Long::sum));
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    LabelSpellings spellings = new LabelSpellings(labels.names());
    Comparator<String> alikeFirst = Comparator.comparing(label -> spellings.alike(label).isEmpty());
    List<String> sorted =
        rows.keySet().stream().sorted(alikeFirst.thenComparing(Comparator.naturalOrder())).toList();
    return Optional.of(
        names(
            sorted,
            label ->
                LabelSpellings.shown(label)
                    + " "
                    + NumberFormat.thousands(rows.get(label))
                    + spellings
                        .alike(label)
                        .map(
                            other ->
                                " (known is %s, which differs in %s)"
                                    .formatted(
                                        LabelSpellings.shown(other),
                                        LabelSpellings.difference(label, other)))
                        .orElse("")));
  }

  private static String names(Collection<String> labels, UnaryOperator<String> inWords) {
    return labels.stream().limit(NAMES_SHOWN).map(inWords).collect(Collectors.joining(", "))
        + (labels.size() > NAMES_SHOWN
            ? ", ... (" + NumberFormat.thousands(labels.size()) + " in all)"
            : "");
  }

  private Stream<String> labels(Predicate<RowGroup> which) {
    return matching(which).map(RowGroup::label).filter(Objects::nonNull);
  }

  private Stream<RowGroup> matching(Predicate<RowGroup> which) {
    return groups.stream().filter(which);
  }
}
