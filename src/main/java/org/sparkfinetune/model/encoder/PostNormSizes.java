package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.Activation;

/**
 * What a configuration says of layers of BERT's kind.
 *
 * @param hidden the width of the model
 * @param inner the width of the feed-forward network
 * @param heads a divisor of {@code hidden}
 * @param eps of the norms
 * @param activation of the feed-forward network
 * @param dropout the probability of dropout of embeddings
 * @param attentionDropout that of attention weights
 * @param attentionOutputDropout that after the attention's output projection
 * @param outputDropout that after the feed-forward network
 */
record PostNormSizes(
    int hidden,
    int inner,
    int heads,
    double eps,
    Activation activation,
    double dropout,
    double attentionDropout,
    double attentionOutputDropout,
    double outputDropout) {}
