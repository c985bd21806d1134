package org.sparkfinetune.train;

import java.io.Serializable;
import org.sparkfinetune.config.Key;

/** Which optimizer, and with which rates; part of {@link TrainingArguments}. */
public record OptimizerArguments(
    @Key(
            doc =
                "The optimizer: adamw, adam (weight decay in the gradient), sgd (with momentum),"
                    + " adafactor, lamb or lion.",
            defaultValue = "adamw")
        OptimizerType optim,
    @Key(doc = "Peak learning rate.", defaultValue = "5e-5", min = 0, minExclusive = true)
        double learningRate,
    @Key(
            doc = "Peak learning rate of the head; auto is learning_rate.",
            defaultValue = "auto",
            min = 0,
            minExclusive = true,
            auto = true)
        double headLearningRate,
    @Key(
            doc =
                "Layer-wise learning-rate decay: the last layer learns with learning_rate times this,"
                    + " each layer below with this times the rate of the one above it, the embeddings"
                    + " with the least; 1 is the same rate for all.",
            defaultValue = "1.0",
            min = 0,
            minExclusive = true,
            max = 1)
        double layerDecay,
    @Key(doc = "Weight decay; none on biases and norms.", defaultValue = "0.01", min = 0)
        double weightDecay,
    @Key(
            doc = "Beta1 of adamw, adam, lamb and lion.",
            defaultValue = "0.9",
            min = 0,
            max = 1,
            maxExclusive = true)
        double adamBeta1,
    @Key(
            doc = "Beta2 of adamw, adam, lamb and lion.",
            defaultValue = "0.999",
            min = 0,
            max = 1,
            maxExclusive = true)
        double adamBeta2,
    @Key(
            doc = "Epsilon of adamw, adam and lamb.",
            defaultValue = "1e-8",
            min = 0,
            minExclusive = true)
        double adamEpsilon,
    @Key(doc = "Momentum of sgd.", defaultValue = "0.9", min = 0, max = 1, maxExclusive = true)
        double momentum,
    @Key(doc = "Largest norm of the gradient; 0 does not clip.", defaultValue = "1.0", min = 0)
        double maxGradNorm)
    implements Serializable {}
