package org.sparkfinetune.pipeline;

import java.util.Optional;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.slice.SliceResult;

/**
 * What measured rows say of a classifier.
 *
 * @param all of all of them
 * @param slices of parts of them; empty where none were asked for
 */
public record SlicedMetrics(Metrics all, Optional<SliceResult> slices) {}
