package org.sparkfinetune.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.report.AuditFigures;

/** What an audit writes for programs. */
final class AuditOutput {
  private AuditOutput() {}

  /** The plain numbers, by name. */
  static Map<String, Double> metrics(AuditFigures figures) {
    AuditFigures.Duplicates duplicates = figures.duplicates();
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("rows", (double) figures.rows());
    metrics.put("folds", (double) figures.folds());
    metrics.put("issues", (double) figures.issues());
    metrics.put("noise", figures.noise());
    metrics.put("accuracy", figures.accuracy());
    metrics.put("outliers", (double) figures.outliers());
    metrics.put("duplicate_groups", (double) duplicates.exactGroups());
    metrics.put("duplicate_rows", (double) duplicates.exactRows());
    metrics.put("near_duplicate_groups", (double) duplicates.nearGroups());
    metrics.put("near_duplicate_rows", (double) duplicates.nearRows());
    metrics.put("conflict_groups", (double) duplicates.conflictGroups());
    for (AuditFigures.Leak leak : duplicates.leaked()) {
      metrics.put("leaked_" + leak.set(), (double) leak.exact());
      metrics.put("near_leaked_" + leak.set(), (double) leak.near());
    }
    return metrics;
  }

  /** All figures as JSON. */
  static String json(AuditFigures figures) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    metrics(figures)
        .forEach(
            (name, value) ->
                json.put(name, value == Math.rint(value) ? (Object) value.longValue() : value));
    json.put("filter", figures.filter());
    json.put("quality", figures.score());
    List<Map<String, Object>> labels = new ArrayList<>();
    for (AuditFigures.OfClass c : figures.classes()) {
      Map<String, Object> label = new LinkedHashMap<>();
      label.put("label", c.label());
      label.put("rows", c.rows());
      label.put("issues", c.issues());
      label.put("mean_quality", c.rows() == 0 ? null : c.quality());
      label.put("threshold", c.threshold().orElse(null));
      label.put("noise", c.noise());
      label.put("prior", c.prior());
      labels.add(label);
    }
    json.put("labels", labels);
    List<Map<String, Object>> overlaps = new ArrayList<>();
    for (AuditFigures.Overlap pair : figures.overlaps()) {
      Map<String, Object> overlap = new LinkedHashMap<>();
      overlap.put("label", pair.given());
      overlap.put("suggested_label", pair.suggested());
      overlap.put("rows", pair.rows());
      overlaps.add(overlap);
    }
    json.put("overlaps", overlaps);
    List<Map<String, Object>> overlapping = new ArrayList<>();
    for (AuditFigures.Pair pair : figures.overlapping()) {
      Map<String, Object> both = new LinkedHashMap<>();
      both.put("labels", List.of(pair.one(), pair.other()));
      both.put("rows", pair.rows());
      both.put("share", pair.share());
      overlapping.add(both);
    }
    json.put("overlapping_labels", overlapping);
    return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(json)
        + "\n";
  }
}
