package org.sparkfinetune.explain;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.torch.Libtorch;
import org.sparkfinetune.torch.TransientScope;

/**
 * Attention rollout (Abnar and Zuidema, 2020, <i>Quantifying Attention Flow in Transformers</i>):
 * the product over the layers of {@code (A + I) / 2}, where {@code A} is the mean of the heads'
 * attention weights and {@code I} stands for the residual connection. Its rows say of which tokens
 * a last layer's vector is made; a token's score is that of the vector that is classified, the
 * first token's, or, of a model that pools all, the mean of their rows. The scores of a text add up
 * to 1.
 */
final class AttentionRollout {
  private final SequenceClassifier model;
  private final ForwardPass pass;
  private final int tokensPerPass;

  AttentionRollout(SequenceClassifier model, ForwardPass pass, int tokensPerPass) {
    this.model = model;
    this.pass = pass;
    this.tokensPerPass = tokensPerPass;
  }

  /** The scores of each row's tokens. */
  List<TokenScores> of(List<TokenRow> rows) {
    TokenScores[] scores = new TokenScores[rows.size()];
    for (List<Integer> part : Passes.byLength(rows, tokensPerPass)) {
      List<TokenRow> ofPass = part.stream().map(rows::get).toList();
      try (Libtorch.Computation computing = Libtorch.computation();
          PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        Layers layers = new Layers();
        model.logitsTensor(pass.showing(layers), Passes.batch(ofPass, model.padTokenId()));
        Tensor product = layers.product.cpu().contiguous();
        int length = (int) product.size(1);
        float[] values = new float[(int) product.numel()];
        new FloatPointer(product.data_ptr()).get(values);
        for (int i = 0; i < ofPass.size(); i++) {
          double[] ofRow = classified(values, i * length * length, length, ofPass.get(i).length());
          scores[part.get(i)] = new TokenScores(ofRow, Double.NaN);
        }
      }
    }
    return Arrays.asList(scores);
  }

  /**
   * Of the vector that is classified.
   *
   * @param product of all rows, of which this one begins at {@code start}
   * @param length of the padded row
   * @param tokens of the row
   */
  private double[] classified(float[] product, int start, int length, int tokens) {
    int vectors = model.config().pooling() == Pooling.CLS ? 1 : tokens;
    double[] scores = new double[tokens];
    for (int vector = 0; vector < vectors; vector++) {
      for (int token = 0; token < tokens; token++) {
        scores[token] += product[start + vector * length + token] / vectors;
      }
    }
    return scores;
  }

  /** The product over the layers so far, {@code [rows, length, length]}. */
  private static final class Layers implements Consumer<Tensor> {
    private Tensor product;
    private Runnable free;

    @Override
    public void accept(Tensor weights) {
      Tensor eye = torch.eye(weights.size(3)).to(weights.device(), ScalarType.Float);
      Tensor heads = weights.to(ScalarType.Float).sum(1).div(new Scalar(weights.size(1)));
      Tensor layer = heads.add(eye).mul(new Scalar(0.5));
      Tensor next = product == null ? layer : torch.bmm(layer, product);
      Runnable freeNext = TransientScope.keep(List.of(next));
      if (free != null) {
        free.run();
      }
      product = next;
      free = freeNext;
    }
  }
}
