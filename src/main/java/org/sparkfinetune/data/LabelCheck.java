package org.sparkfinetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.text.NumberFormat;

/**
 * Checks whether the labels of all training rows look right. Suspicious are sets of labels in one
 * string, row numbers or texts in place of classes, and several spellings of one label.
 *
 * @param counts usable training rows, by label
 * @param problemType says whether a row has a set of labels instead of one
 * @param separator what stands between the labels of a string; of multi-label data alone
 * @param severalInARow whether a row has two labels or more, or is an array or list anyway
 */
public record LabelCheck(
    Map<String, Long> counts, ProblemType problemType, String separator, boolean severalInARow) {
  private static final int SHOWN = 5;

  /** Shorter lists of labels may well have each label once. */
  private static final int MANY = 20;

  private static final int LONG = 100;

  /** What people put between labels. A space is in many a name: there, all parts must be labels. */
  private static final List<String> SEPARATORS = List.of(",", ";", "|", "\t", "/", "&", "+", " ");

  private static final Set<String> SURE_SEPARATORS = Set.of(",", ";", "|", "\t");

  /**
   * Refuses what would train on classes that are none.
   *
   * @param separatorSetting how a user names the setting of the separator
   * @param problemSetting how a user names the setting of what a row's labels are
   * @throws UserException when most labels are sets of labels in a string
   */
  public void refuseSetsAsClasses(String separatorSetting, String problemSetting) {
    String multi = problemSetting + "=multi_label_classification";
    if (!problemType.task().hasLabelSets() && isMost(LabelLists::isList)) {
      throw new UserException(
          "the labels are lists as text, such as %s: for sets of labels set %s"
              .formatted(example(LabelLists::isList), multi));
    }
    if (problemType.task().hasLabelSets()
        && isMost(LabelCheck::isBracketed)
        && rows(label -> isBracketed(label) && label.contains(",")) > 0) {
      throw new UserException(
          "the labels are lists as text without quotes, such as %s: expected a%sb, or a list with"
                  .formatted(example(LabelCheck::isBracketed), separator)
              + " quotes such as ['a', 'b']");
    }
    if (problemType.task().hasLabelSets() && !severalInARow) {
      for (String other : SEPARATORS) {
        if (SURE_SEPARATORS.contains(other) && !other.equals(separator)) {
          List<String> sets = setsBy(other);
          if (!sets.isEmpty()) {
            throw new UserException(
                ("no row has %s=%s in it, and labels such as %s are sets of other ones: set"
                        + " %s=\"%s\" (labels with that in their names: as arrays, in JSON or"
                        + " Parquet)")
                    .formatted(
                        separatorSetting,
                        separator,
                        LabelSpellings.shown(sets.get(0)),
                        separatorSetting,
                        other.equals("\t") ? "\\t" : other));
          }
        }
      }
    }
  }

  /**
   * What should be known of the labels, a sentence each.
   *
   * @param separatorSetting how a user names the setting of the separator
   * @param problemSetting how a user names the setting of what a row's labels are
   */
  public List<String> warnings(String separatorSetting, String problemSetting) {
    List<String> warnings = new ArrayList<>();
    List<List<String>> alike = LabelSpellings.groups(counts.keySet());
    if (!alike.isEmpty()) {
      warnings.add(
          "labels that may be one, spelled differently: "
              + shown(alike, this::difference)
              + "; each spelling is a class of its own");
    }
    List<String> misread =
        counts.keySet().stream().filter(l -> LabelSpellings.misread(l).isPresent()).toList();
    if (!misread.isEmpty()) {
      warnings.add(
          "labels that look like UTF-8 that was read as Latin-1: "
              + shown(
                  misread,
                  label ->
                      counted(label) + " for \"" + LabelSpellings.misread(label).get() + "\""));
    }
    for (String other : SEPARATORS) {
      List<String> sets =
          other.equals(separator) && problemType.task().hasLabelSets() ? List.of() : setsBy(other);
      if (!sets.isEmpty()) {
        warnings.add(
            "labels that look like sets of other ones: "
                + shown(sets, this::counted)
                + (problemType.task().hasLabelSets()
                    ? "; the separator is %s=%s".formatted(separatorSetting, separator)
                    : "; for sets of labels set %s=multi_label_classification"
                        .formatted(problemSetting)));
        break;
      }
    }
    if (problemType.task().hasLabelSets() && !severalInARow) {
      warnings.add(
          "no row has more than one label: is %s=%s what stands between them?"
              .formatted(separatorSetting, separator));
    }
    Predicate<String> list =
        problemType.task().hasLabelSets() ? LabelCheck::isBracketed : LabelLists::isList;
    List<String> lists = counts.keySet().stream().filter(list).toList();
    if (!lists.isEmpty()) {
      warnings.add("labels that look like lists: " + shown(lists, this::counted));
    }
    warnings.addAll(noClasses());
    return warnings;
  }

  private List<String> noClasses() {
    List<String> warnings = new ArrayList<>();
    long single = counts.values().stream().filter(rows -> rows == 1).count();
    if (counts.size() > MANY && single * 2 > counts.size()) {
      warnings.add(
          "%s of %s labels have one row alone: is this the column of labels?"
              .formatted(NumberFormat.thousands(single), NumberFormat.thousands(counts.size())));
    }
    List<String> texts = counts.keySet().stream().filter(l -> l.length() > LONG).toList();
    if (!texts.isEmpty()) {
      warnings.add(
          "labels of more than %d characters: %s, such as %s; is this the column of labels?"
              .formatted(
                  LONG, NumberFormat.thousands(texts.size()), LabelSpellings.shown(texts.get(0))));
    }
    return warnings;
  }

  /** Whether this is so of the labels of more than half of the rows. */
  private boolean isMost(Predicate<String> what) {
    return rows(what) * 2 > rows(label -> true);
  }

  private long rows(Predicate<String> what) {
    return counts.entrySet().stream()
        .filter(entry -> what.test(entry.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private String example(Predicate<String> what) {
    return LabelSpellings.shown(
        counts.entrySet().stream()
            .filter(entry -> what.test(entry.getKey()))
            .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
            .orElseThrow()
            .getKey());
  }

  /** As {@code [a, b]}, which may be the name of a class where it is seldom. */
  private static boolean isBracketed(String label) {
    return label.length() > 1
        && (label.startsWith("[") && label.endsWith("]")
            || label.startsWith("{") && label.endsWith("}"));
  }

  /**
   * Labels that a separator divides into what are labels too, or parts of other such labels; empty
   * when that is so of less than half of those that have it in them.
   */
  private List<String> setsBy(String other) {
    Map<String, Integer> labelsByPart = new HashMap<>();
    List<String> divided = new ArrayList<>();
    for (String label : counts.keySet()) {
      Set<String> parts = parts(label, other);
      parts.forEach(part -> labelsByPart.merge(part, 1, Integer::sum));
      if (parts.size() > 1) {
        divided.add(label);
      }
    }
    boolean sure = SURE_SEPARATORS.contains(other);
    List<String> sets =
        divided.stream()
            .filter(
                label -> {
                  Set<String> parts = parts(label, other);
                  long known =
                      parts.stream()
                          .filter(
                              part -> sure ? labelsByPart.get(part) > 1 : counts.containsKey(part))
                          .count();
                  return sure ? known * 2 >= parts.size() : known == parts.size();
                })
            .toList();
    return sets.size() * 2 >= divided.size() ? sets : List.of();
  }

  private static Set<String> parts(String label, String separator) {
    return Arrays.stream(label.split(Pattern.quote(separator), -1))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private String difference(List<String> alike) {
    return alike.stream().map(this::counted).collect(Collectors.joining(" and "))
        + " ("
        + LabelSpellings.difference(alike.get(0), alike.get(1))
        + ")";
  }

  private String counted(String label) {
    return LabelSpellings.shown(label)
        + " "
        + NumberFormat.thousands(counts.getOrDefault(label, 0L));
  }

  private static <T> String shown(Collection<T> all, Function<T, String> inWords) {
    return all.stream().limit(SHOWN).map(inWords).collect(Collectors.joining(", "))
        + (all.size() > SHOWN ? ", ... (" + NumberFormat.thousands(all.size()) + " in all)" : "");
  }
}
