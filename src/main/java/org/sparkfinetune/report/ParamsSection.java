package org.sparkfinetune.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;

/** All parameters, a table a section of the configuration. */
final class ParamsSection {
  private final Map<String, String> params;
  private final Map<String, String> defaults;

  /**
   * @param defaults by name; empty where they are not known
   */
  ParamsSection(Map<String, String> params, Map<String, String> defaults) {
    this.params = params;
    this.defaults = defaults;
  }

  void render(HtmlWriter out) {
    Map<String, Table> tables = new LinkedHashMap<>();
    long changed = new TreeMap<>(params).keySet().stream().filter(this::isChanged).count();
    if (!defaults.isEmpty()) {
      out.element(
          "p",
          changed == 0
              ? "Every setting has its default."
              : "Bold settings (%s) are not at their defaults.".formatted(changed));
    }
    new TreeMap<>(params)
        .forEach(
            (name, value) -> {
              int dot = name.lastIndexOf('.');
              Table table =
                  tables.computeIfAbsent(
                      dot < 0 ? "" : name.substring(0, dot), section -> new Table());
              String shown = NumberFormat.param(value);
              if (isChanged(name)) {
                shown += "  (default " + byDefault(name) + ")";
              }
              String kind = isChanged(name) ? "changed" : "";
              table.row(
                  List.of(
                      new Cell(name.substring(dot + 1), kind, Double.NaN),
                      new Cell(shown, kind, Double.NaN)));
            });
    out.open("div", "class", "params");
    tables.forEach(
        (section, table) -> {
          out.open("div");
          if (!section.isEmpty()) {
            out.element("h3", section, "dir", "auto");
          }
          table.render(out);
          out.close();
        });
    out.close();
  }

  private String byDefault(String name) {
    String value = defaults.get(name);
    return value.isEmpty() ? "not set" : NumberFormat.param(value);
  }

  private boolean isChanged(String name) {
    return defaults.containsKey(name)
        && !RunSummary.isDefault(params.get(name), defaults.get(name));
  }
}
