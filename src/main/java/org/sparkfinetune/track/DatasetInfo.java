package org.sparkfinetune.track;

import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * A data set that a run read.
 *
 * @param name for people
 * @param digest of its content, at most 36 characters; equal rows have an equal one
 * @param sourceType how to read it, as in {@code csv}
 * @param source where it lies
 * @param schema column names and their Spark types
 * @param profile what is known of it: {@code num_rows}, {@code num_labels}, ...
 */
@PublicApi
public record DatasetInfo(
    String name,
    String digest,
    String sourceType,
    String source,
    Map<String, String> schema,
    Map<String, Long> profile) {}
