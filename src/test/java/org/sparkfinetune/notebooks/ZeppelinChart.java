package org.sparkfinetune.notebooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** How Zeppelin is told to draw the table that a paragraph has put out. */
final class ZeppelinChart {
  private static final String NUMBER = "-?[0-9.]+(E-?[0-9]+)?";

  private ZeppelinChart() {}

  /**
   * Bars, one for each row and column of numbers, above the values of the first column.
   *
   * @param messages what the paragraph has put out
   * @param settings of the results, by their index
   */
  static void bars(JsonNode messages, ObjectNode settings) {
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).path("type").asText().equals("TABLE")) {
        List<String> lines = messages.get(i).path("data").asText().lines().toList();
        List<String> names = List.of(lines.get(0).split("\t"));
        List<String> first = List.of(lines.get(1).split("\t"));
        ObjectNode graph = settings.putObject(Integer.toString(i)).putObject("graph");
        graph.put("mode", "multiBarChart").put("height", 300.0).put("optionOpen", false);
        column(graph.putArray("keys"), names, 0);
        graph.putArray("groups");
        ArrayNode values = graph.putArray("values");
        for (int column = 1; column < names.size(); column++) {
          if (first.get(column).matches(NUMBER)) {
            column(values, names, column);
          }
        }
      }
    }
  }

  private static void column(ArrayNode columns, List<String> names, int index) {
    columns.addObject().put("name", names.get(index)).put("index", index).put("aggr", "sum");
  }
}
