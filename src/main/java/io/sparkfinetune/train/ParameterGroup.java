package io.sparkfinetune.train;

import io.sparkfinetune.model.Parameter;
import java.util.List;

/**
 * Trainable weights that an optimizer treats alike.
 *
 * @param decay their weight decay, as {@code weight_decay} is given
 * @param rateFactor what their learning rate is of that of {@code learning_rate}
 * @param parameters the weights, in order of declaration; they stay the model's
 */
record ParameterGroup(double decay, double rateFactor, List<Parameter> parameters) {}
