package org.sparkfinetune.slice;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * A slice on which a classifier is worse than on the other rows.
 *
 * @param name of the slice, as in {@code country=de}, {@code country=de & length=(5, 9]} or {@code
 *     word "refund"}
 * @param rows of the slice
 * @param errors rows of the slice that are predicted wrongly
 * @param value the share of errors among its rows, from 0 to 1, or their mean log loss in nats
 * @param rest the same of the other rows
 * @param pValue how likely such a difference or a larger one would be by chance, were it the only
 *     test
 * @param pValueAdjusted the same corrected for all tests, by Holm
 */
@PublicApi
public record WorstSlice(
    String name,
    long rows,
    long errors,
    double value,
    double rest,
    double pValue,
    double pValueAdjusted) {
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("slice", name);
    map.put("rows", rows);
    map.put("errors", errors);
    map.put("value", value);
    map.put("rest", rest);
    map.put("p_value", pValue);
    map.put("p_value_adjusted", pValueAdjusted);
    return map;
  }
}
