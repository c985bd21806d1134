package org.sparkfinetune.train;

import java.util.List;
import org.sparkfinetune.model.compute.Parameter;

/**
 * Trainable weights that an optimizer treats alike.
 *
 * @param decay their weight decay, as {@code weight_decay} is given
 * @param rateFactor what their learning rate is of that of {@code learning_rate}
 * @param parameters the weights, in order of declaration; they stay the model's
 */
record ParameterGroup(double decay, double rateFactor, List<Parameter> parameters) {}
