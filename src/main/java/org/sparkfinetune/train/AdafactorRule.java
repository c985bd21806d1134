package org.sparkfinetune.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adafactor (Shazeer and Stern, 2018), whose state of a matrix is one number a row and one a
 * column: a hundredth of AdamW's. As Hugging Face's Trainer sets up {@code
 * transformers.optimization.Adafactor}: with a given learning rate ({@code scale_parameter=False,
 * relative_step=False}) and without momentum.
 *
 * <p>For a gradient {@code g} at step {@code t}, from 1, with {@code b = 1 - t^-0.8}:
 *
 * <pre>
 *   r = b r + (1 - b) mean over columns of (g^2 + 1e-30)
 *   c = b c + (1 - b) mean over rows of (g^2 + 1e-30)
 *   u = g / sqrt(r / mean(r)) / sqrt(c)        (of one dimension: as if r c were not factored)
 *   u = u / max(1, root mean square of u)
 *   w = w (1 - lr decay) - lr u
 * </pre>
 */
final class AdafactorRule implements UpdateRule {
  private static final double DECAY_RATE = -0.8;
  private static final double EPSILON = 1e-30;
  private static final double CLIP_THRESHOLD = 1.0;
  private static final String ROWS = "exp_avg_sq_row";
  private static final String COLUMNS = "exp_avg_sq_col";
  private static final String MEAN_SQUARE = "exp_avg_sq";

  @Override
  public Map<String, Tensor> newState(Tensor weight) {
    long[] shape = weight.shape();
    int last = shape.length - 1;
    if (last < 1) {
      return UpdateRule.zeros(weight, MEAN_SQUARE);
    }
    long[] columns = Arrays.copyOf(shape, last);
    columns[last - 1] = shape[last];
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(ROWS, torch.zeros(Arrays.copyOf(shape, last), weight.options()));
    state.put(COLUMNS, torch.zeros(columns, weight.options()));
    return state;
  }

  @Override
  public void apply(GroupStep step) {
    List<Tensor> gradients = step.scaledGradients();
    for (int i = 0; i < gradients.size(); i++) {
      // What one weight needs in between is freed before the next one's is taken.
      try (PointerScope scope = new PointerScope()) {
        apply(step, step.weights().get(i), gradients.get(i), step.states().get(i));
      }
    }
  }

  private static void apply(
      GroupStep step, Tensor weight, Tensor gradient, Map<String, Tensor> state) {
    double kept = 1 - Math.pow(step.step(), DECAY_RATE);
    Tensor square = gradient.square();
    // The gradient's memory becomes the update's.
    if (state.containsKey(ROWS)) {
      Tensor rows = average(state.get(ROWS), square.mean(-1), kept);
      Tensor columns = average(state.get(COLUMNS), square.mean(-2), kept);
      Tensor rowFactor = rows.div(rows.mean(new long[] {-1}, true, null)).rsqrt_();
      gradient.mul_(rowFactor.unsqueeze(-1)).mul_(columns.rsqrt().unsqueeze(-2));
    } else {
      gradient.mul_(average(state.get(MEAN_SQUARE), square, kept).rsqrt());
    }
    if (step.decay() > 0) {
      // The factor 1 - lr decay would be rounded to fp32, the same way in every step.
      weight.add_(weight, new Scalar(-step.learningRate() * step.decay()));
    }
    Tensor rootMeanSquare = gradient.norm().div_(new Scalar(Math.sqrt(gradient.numel())));
    Tensor clip = rootMeanSquare.div_(new Scalar(CLIP_THRESHOLD)).clamp_min_(new Scalar(1.0));
    weight.addcdiv_(gradient, clip, new Scalar(-step.learningRate()));
  }

  /** The running mean with one more of squares; epsilon keeps those of no gradient from 0. */
  private static Tensor average(Tensor mean, Tensor square, double kept) {
    return mean.mul_(new Scalar(kept)).add_(square.add_(new Scalar(EPSILON)), new Scalar(1 - kept));
  }

  @Override
  public boolean leavesUntouchedRows() {
    return false;
  }
}
