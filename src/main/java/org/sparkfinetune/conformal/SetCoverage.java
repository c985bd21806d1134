package org.sparkfinetune.conformal;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * How prediction sets of a coverage fare on labeled rows.
 *
 * @param coverage that was asked for
 * @param covered the share of rows whose label is in their set, from 0 to 1
 * @param meanSize labels a set
 * @param empty the share of rows whose set has no label, from 0 to 1
 */
@PublicApi
public record SetCoverage(double coverage, double covered, double meanSize, double empty)
    implements Serializable {
  /** The numbers by name, for a file. */
  public Map<String, Double> toMap() {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("coverage", coverage);
    map.put("covered", covered);
    map.put("mean_size", meanSize);
    map.put("empty", empty);
    return map;
  }
}
