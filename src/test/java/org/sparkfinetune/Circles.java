package org.sparkfinetune;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Things that depend on each other, all round. */
final class Circles {
  private Circles() {}

  /**
   * The sets of nodes of a graph that can each be reached from all others of their set.
   *
   * @param arrows from a node to the nodes that it needs
   */
  static Set<Set<String>> in(Map<String, Set<String>> arrows) {
    Map<String, Set<String>> reached = new TreeMap<>();
    arrows.keySet().forEach(node -> reached.put(node, reach(node, arrows)));
    Set<Set<String>> circles = new LinkedHashSet<>();
    reached.forEach(
        (node, nodes) -> {
          if (nodes.contains(node)) {
            Set<String> circle = new TreeSet<>();
            nodes.stream()
                .filter(other -> reached.getOrDefault(other, Set.of()).contains(node))
                .forEach(circle::add);
            circles.add(circle);
          }
        });
    return circles;
  }

  private static Set<String> reach(String node, Map<String, Set<String>> arrows) {
    Set<String> reached = new TreeSet<>();
    Deque<String> next = new ArrayDeque<>(arrows.getOrDefault(node, Set.of()));
    while (!next.isEmpty()) {
      String other = next.pop();
      if (reached.add(other)) {
        next.addAll(arrows.getOrDefault(other, Set.of()));
      }
    }
    return reached;
  }
}
