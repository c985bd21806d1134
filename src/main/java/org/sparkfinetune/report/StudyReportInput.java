package org.sparkfinetune.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.SearchSpace;

/**
 * What the report of a study is written of.
 *
 * @param name of the study
 * @param history also of trials that have not ended
 * @param objectives their names, one for each of the history's directions
 * @param importances by parameter; empty where they are not known
 * @param slots how many trials could run at once
 * @param time of writing, in milliseconds since 1970: until then a running trial has run
 * @param facts what else to say of the study, by label: the sampler, the budget
 * @param links paths or addresses, by label: of the best configuration, of the model
 * @param runs paths or addresses of trials' own reports, by number; those known
 */
public record StudyReportInput(
    String name,
    History history,
    SearchSpace space,
    List<String> objectives,
    Map<String, Double> importances,
    int slots,
    long time,
    Map<String, String> facts,
    Map<String, String> links,
    Map<Integer, String> runs) {
  /** Copies what it is given. */
  public StudyReportInput {
    objectives = List.copyOf(objectives);
    if (objectives.size() != history.directions().size()) {
      throw new IllegalArgumentException(
          "objectives " + objectives + " for directions " + history.directions());
    }
    importances = Collections.unmodifiableMap(new LinkedHashMap<>(importances));
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    links = Collections.unmodifiableMap(new LinkedHashMap<>(links));
    runs = Map.copyOf(runs);
  }
}
