package org.sparkfinetune.evaluate;

import java.io.Serializable;
import org.sparkfinetune.PublicApi;

/**
 * Where a metric lies with the confidence that was asked for.
 *
 * @param low its lower end
 * @param high its upper end
 */
@PublicApi
public record Interval(double low, double high) implements Serializable {}
