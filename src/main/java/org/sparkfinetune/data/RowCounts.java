package org.sparkfinetune.data;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.OneLine;

/**
 * The rows counted by split, reason and label, and what follows from the counts: the labels, the
 * report, and the errors that make data unusable as a whole.
 */
final class RowCounts {
  private static final int NAMES_SHOWN = 5;
  private static final String SEPARATOR_SETTING = "data.label_separator";
  private static final String PROBLEM_SETTING = "model.problem_type";

  private final List<RowGroup> groups;
  private final ProblemType problemType;
  private final LabelFaults labelFaults;

  RowCounts(List<RowGroup> groups, ProblemType problemType) {
    this.groups = groups;
    this.problemType = problemType;
    this.labelFaults = new LabelFaults(groups);
  }

  /** Whether a usable row has a label that an index lacks. */
  boolean hasOtherThan(LabelIndex labels) {
    return labels(RowGroup::usable).stream().anyMatch(label -> labels.indexOf(label) < 0);
  }

  /**
   * The labels of the usable training rows.
   *
   * @param separated whether several labels of a row are one string
   * @throws UserException when there are fewer than two, all rows of a class are rejected, or
   *     labels cannot be what was meant
   */
  LabelIndex trainLabels(Map<String, String> sources, DataArguments arguments, boolean separated) {
    String location = sources.get(Split.TRAIN);
    for (RejectReason reason : RejectReason.values()) {
      if (reason.stopsTraining()) {
        labelFaults
            .of(Split.TRAIN, reason)
            .ifPresent(
                faults -> {
                  throw new UserException("data.train=%s: %s".formatted(location, faults));
                });
      }
    }
    requireUsable(Split.TRAIN, location, "");
    try {
      labelCheck(sources, arguments, separated)
          .refuseSetsAsClasses(SEPARATOR_SETTING, PROBLEM_SETTING);
    } catch (UserException e) {
      throw new UserException("data.train=%s: %s".formatted(location, e.getMessage()), e);
    }
    TreeSet<String> usable = labels(group -> group.in(Split.TRAIN) && group.usable());
    TreeSet<String> lost = labels(group -> group.in(Split.TRAIN));
    lost.removeAll(usable);
    if (!lost.isEmpty()) {
      throw new UserException(
          "data.train=%s: no usable row is left of %s; rejected: %s"
              .formatted(
                  location,
                  classes(lost),
                  RejectReason.inWords(
                      rejected(
                          group -> group.in(Split.TRAIN) && lost.contains(label(group)),
                          RowGroup::labeled))));
    }
    try {
      return LabelIndex.of(usable);
    } catch (UserException e) {
      throw new UserException("data.train=%s: %s".formatted(location, e.getMessage()), e);
    }
  }

  private LabelCheck labelCheck(
      Map<String, String> sources, DataArguments arguments, boolean separated) {
    Predicate<RowGroup> ofTraining =
        group ->
            (group.in(Split.TRAIN) || !sources.containsKey(group.split()))
                && group.usable()
                && group.label() != null;
    Map<String, Long> counts = new TreeMap<>();
    matching(ofTraining).forEach(group -> counts.merge(group.label(), group.labeled(), Long::sum));
    boolean several =
        !separated
            || sum(ofTraining, RowGroup::labeled) > sum(ofTraining, RowGroup::rows)
            || sum(ofTraining, RowGroup::listed) > 0;
    return new LabelCheck(counts, problemType, arguments.labelSeparator(), several);
  }

  /**
   * The counts of every split, with warnings.
   *
   * @param sources the locations read, by split
   * @param separated whether several labels of a training row are one string
   * @param notes how sources were read
   * @throws UserException when a split that was given has no usable row
   */
  DataReport report(
      Map<String, String> sources,
      DataArguments arguments,
      LabelIndex labels,
      boolean separated,
      List<String> notes) {
    List<DataReport.SplitReport> splits = new ArrayList<>();
    List<String> warnings = new ArrayList<>(contentWarnings(arguments.dataFormat().encoding()));
    if (sources.containsKey(Split.TRAIN)) {
      warnings.addAll(
          labelCheck(sources, arguments, separated).warnings(SEPARATOR_SETTING, PROBLEM_SETTING));
    }
    String known = sources.containsKey(Split.TRAIN) ? "training" : "the model";
    for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
      String location = sources.get(split);
      double share =
          split.equals(Split.VALIDATION) ? arguments.validationShare() : arguments.testShare();
      if (location != null) {
        requireUsable(split, location, labelFaults.ofUnusable(split, labels, known));
      } else if (share == 0 || !sources.containsKey(Split.TRAIN)) {
        continue;
      }
      warnings.addAll(labelFaults.heldOut(split));
      labelFaults
          .unseen(split, labels)
          .ifPresent(
              these ->
                  warnings.add("%s has labels that %s has not: %s".formatted(split, known, these)));
      DataReport.SplitReport report = splitReport(split, sources, labels);
      splits.add(report);
      if (report.kept() == 0) {
        warnings.add(
            "%s is empty: data.%s_split=%s of each class is no row; raise it or set data.%s"
                .formatted(split, split, share, split));
      } else {
        TreeSet<String> missing =
            labels.names().stream()
                .filter(label -> report.classes().get(label) == 0)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!missing.isEmpty()) {
          warnings.add("%s has no row of %s".formatted(split, classes(missing)));
        }
      }
    }
    return new DataReport(splits, allNotes(notes), warnings);
  }

  private List<String> allNotes(List<String> notes) {
    List<String> all = new ArrayList<>(notes);
    long listed = sum(group -> true, RowGroup::listed);
    if (listed > 0) {
      all.add(
          "labels that are lists as text, as in ['a', 'b'], were read as lists: %s rows"
              .formatted(NumberFormat.thousands(listed)));
    }
    return all;
  }

  private DataReport.SplitReport splitReport(
      String split, Map<String, String> sources, LabelIndex labels) {
    Map<String, Long> classes = new LinkedHashMap<>();
    labels.names().forEach(label -> classes.put(label, 0L));
    matching(group -> group.in(split) && group.usable() && group.label() != null)
        .forEach(group -> classes.merge(group.label(), group.labeled(), Long::sum));
    // What was held out of training was read from it.
    long read =
        sources.containsKey(split)
            ? sum(
                group ->
                    group.in(split)
                        || split.equals(Split.TRAIN) && !sources.containsKey(group.split()),
                RowGroup::rows)
            : 0;
    return new DataReport.SplitReport(
        split,
        Optional.ofNullable(sources.get(split)),
        read,
        rejected(group -> group.in(split), RowGroup::rows),
        sum(group -> group.in(split) && group.usable(), RowGroup::rows),
        classes);
  }

  private List<String> contentWarnings(String encoding) {
    List<String> warnings = new ArrayList<>();
    long conflicts = sum(group -> true, RowGroup::conflicts);
    if (conflicts > 0) {
      warnings.add(
          "training rows whose text bears several %s: %s, such as \"%s\" (never held out)"
              .formatted(
                  problemType.task().hasLabelSets() ? "label sets" : "labels",
                  NumberFormat.thousands(conflicts),
                  example(group -> group.conflicts() > 0)));
    }
    long empty = sum(group -> group.usable() && group.label() == null, RowGroup::rows);
    if (empty > 0) {
      warnings.add("rows without any label: %s, kept".formatted(NumberFormat.thousands(empty)));
    }
    Predicate<RowGroup> malformed = group -> group.reason() == RejectReason.MALFORMED_ROW;
    if (sum(malformed, RowGroup::rows) > 0) {
      warnings.add(
          "malformed rows rejected: %s, such as: %s"
              .formatted(
                  NumberFormat.thousands(sum(malformed, RowGroup::rows)), example(malformed)));
    }
    long replaced = sum(group -> true, RowGroup::replaced);
    if (replaced > 0) {
      warnings.add(
          "rows whose text holds U+FFFD: %s; is the file in data.encoding=%s?"
              .formatted(NumberFormat.thousands(replaced), encoding));
    }
    return warnings;
  }

  private void requireUsable(String split, String location, String more) {
    if (groups.stream().noneMatch(group -> group.in(split))) {
      throw new UserException("data.%s: no rows in %s".formatted(split, location));
    }
    if (matching(group -> group.in(split) && group.usable()).findAny().isEmpty()) {
      throw new UserException(
          "data.%s=%s: no usable row is left of %s; rejected: %s%s"
              .formatted(
                  split,
                  location,
                  NumberFormat.thousands(sum(group -> group.in(split), RowGroup::rows)),
                  RejectReason.inWords(rejected(group -> group.in(split), RowGroup::rows)),
                  more));
    }
  }

  private Map<RejectReason, Long> rejected(
      Predicate<RowGroup> which, ToLongFunction<RowGroup> what) {
    Map<RejectReason, Long> counts = new EnumMap<>(RejectReason.class);
    matching(which.and(group -> !group.usable()))
        .forEach(group -> counts.merge(group.reason(), what.applyAsLong(group), Long::sum));
    counts.values().removeIf(count -> count == 0);
    return counts;
  }

  private TreeSet<String> labels(Predicate<RowGroup> which) {
    return matching(which)
        .map(RowCounts::label)
        .filter(label -> !label.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A missing label is null or, when white space was trimmed off it, empty. */
  private static String label(RowGroup group) {
    return Objects.requireNonNullElse(group.label(), "");
  }

  private String example(Predicate<RowGroup> which) {
    return matching(which)
        .map(RowGroup::example)
        .filter(Objects::nonNull)
        .min(String::compareTo)
        .map(text -> OneLine.of(text.strip().replaceAll("\\s+", " ")))
        .orElse("");
  }

  private long sum(Predicate<RowGroup> which, ToLongFunction<RowGroup> what) {
    return matching(which).mapToLong(what).sum();
  }

  private Stream<RowGroup> matching(Predicate<RowGroup> which) {
    return groups.stream().filter(which);
  }

  private static String classes(TreeSet<String> labels) {
    String names =
        labels.stream().limit(NAMES_SHOWN).map(OneLine::of).collect(Collectors.joining(", "));
    return (labels.size() == 1 ? "class " : NumberFormat.thousands(labels.size()) + " classes: ")
        + names
        + (labels.size() > NAMES_SHOWN ? ", ..." : "");
  }
}
