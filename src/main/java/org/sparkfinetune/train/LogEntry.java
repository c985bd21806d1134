package org.sparkfinetune.train;

import java.io.Serializable;
import java.util.Map;

/**
 * An entry of a training's log.
 *
 * @param index its place in the whole log, from 0; entries of before a resumption count
 * @param time when it was logged, in milliseconds since 1970
 * @param values {@code step}, {@code epoch}, and {@code loss}, {@code grad_norm}, {@code
 *     learning_rate} or the {@code eval_} metrics
 */
public record LogEntry(int index, long time, Map<String, Double> values) implements Serializable {}
