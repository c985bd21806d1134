package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.torch.Libtorch;

/**
 * The attribution methods that are made of the gradients of embeddings.
 *
 * <p>A piece of work is one row at one place between its baseline, 0, and itself, 1. Pieces of many
 * rows go through the network together, so that a row costs little more than its passes.
 */
final class GradientAttribution {
  private final SequenceClassifier model;
  private final ForwardPass pass;
  private final AttributionMethod method;
  private final IntegrationRule.Points points;
  private final Baseline baseline;
  private final int filler;
  private final int tokensPerPass;

  /**
   * @param filler the token id that stands in a baseline for any other
   */
  GradientAttribution(
      SequenceClassifier model, ForwardPass pass, ExplainArguments arguments, int filler) {
    this.model = model;
    this.pass = pass.on(model.device());
    this.method = arguments.method();
    this.points =
        method == AttributionMethod.INTEGRATED_GRADIENTS
            ? arguments.integration().points(arguments.steps())
            : new IntegrationRule.Points(new double[] {1}, new double[] {1});
    this.baseline = arguments.baseline();
    this.filler = filler;
    this.tokensPerPass = arguments.tokensPerPass();
  }

  private record Piece(int row, double at, double weight) {}

  /**
   * The scores of each row's tokens.
   *
   * @param targets the label of each row whose logit is explained
   */
  List<TokenScores> of(List<TokenRow> rows, int[] targets) {
    double[][] scores = new double[rows.size()][];
    Arrays.setAll(scores, row -> new double[rows.get(row).length()]);
    for (List<Piece> pieces : passes(rows, points)) {
      add(pieces, rows, targets, scores);
    }
    double[] sums = new double[rows.size()];
    Arrays.fill(sums, Double.NaN);
    if (method == AttributionMethod.INTEGRATED_GRADIENTS) {
      Arrays.setAll(sums, row -> Arrays.stream(scores[row]).sum());
      // What the text's logit has more than the baseline's.
      IntegrationRule.Points ends =
          new IntegrationRule.Points(new double[] {0, 1}, new double[] {1, -1});
      for (List<Piece> pieces : passes(rows, ends)) {
        addLogits(pieces, rows, targets, sums);
      }
    }
    List<TokenScores> result = new ArrayList<>();
    for (int row = 0; row < scores.length; row++) {
      result.add(new TokenScores(scores[row], sums[row]));
    }
    return result;
  }

  /** Of rows of like length, so that little of a pass is padding. */
  private List<List<Piece>> passes(List<TokenRow> rows, IntegrationRule.Points of) {
    Integer[] byLength = new Integer[rows.size()];
    Arrays.setAll(byLength, row -> row);
    Arrays.sort(byLength, Comparator.comparingInt(row -> rows.get(row).length()));
    List<Piece> pieces = new ArrayList<>();
    for (int row : byLength) {
      for (int i = 0; i < of.at().length; i++) {
        pieces.add(new Piece(row, of.at()[i], of.weights()[i]));
      }
    }
    return Passes.of(pieces, piece -> rows.get(piece.row()).length(), tokensPerPass);
  }

  private void add(List<Piece> pieces, List<TokenRow> rows, int[] targets, double[][] scores) {
    try (Libtorch.Computation computing = Libtorch.computation();
        PointerScope scope = new PointerScope()) {
      Way way = way(pieces, rows);
      Tensor leaf = way.at(pieces).detach().set_requires_grad(true);
      Tensor logits = targetLogits(pieces, rows, targets, leaf).sum();
      Tensor gradients = torch.grad(new TensorVector(logits), new TensorVector(leaf)).get(0);
      try (NoGradGuard guard = new NoGradGuard()) {
        Tensor sums =
            torch
                .zeros_like(way.input())
                .index_add_(0, way.index(), gradients.mul(way.weights(pieces)));
        Tensor ofTokens =
            switch (method) {
              case INPUT_X_GRADIENT -> sums.mul(way.input()).sum(2);
              case SALIENCY -> sums.abs().sum(2);
              default -> sums.mul(way.input().sub(way.baseline())).sum(2);
            };
        float[] values = floats(ofTokens);
        int length = (int) ofTokens.size(1);
        for (int i = 0; i < way.rows().size(); i++) {
          double[] row = scores[way.rows().get(i)];
          for (int token = 0; token < row.length; token++) {
            row[token] += values[i * length + token];
          }
        }
      }
    }
  }

  private void addLogits(List<Piece> pieces, List<TokenRow> rows, int[] targets, double[] sums) {
    try (Libtorch.Computation computing = Libtorch.computation();
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      float[] logits = floats(targetLogits(pieces, rows, targets, way(pieces, rows).at(pieces)));
      for (int i = 0; i < logits.length; i++) {
        sums[pieces.get(i).row()] += pieces.get(i).weight() * logits[i];
      }
    }
  }

  /** The logit of each piece's label, {@code [pieces]}. */
  private Tensor targetLogits(
      List<Piece> pieces, List<TokenRow> rows, int[] targets, Tensor embeddings) {
    Batch batch =
        Passes.batch(
            pieces.stream().map(piece -> rows.get(piece.row())).toList(), model.padTokenId());
    long[] labels = pieces.stream().mapToLong(piece -> targets[piece.row()]).toArray();
    Tensor index = pass.constant(labels).unsqueeze(1);
    return model.logitsTensor(pass, batch, embeddings).gather(1, index).squeeze(1);
  }

  /**
   * The ways of the rows of a pass.
   *
   * @param rows the index of each
   * @param index which of them a piece is of, int64, {@code [pieces]}
   * @param input the embeddings of each, {@code [rows, length, width]}, in fp32
   * @param baseline likewise
   */
  private record Way(List<Integer> rows, Tensor index, Tensor input, Tensor baseline) {
    /** The embeddings of each piece, {@code [pieces, length, width]}. */
    Tensor at(List<Piece> pieces) {
      Tensor way = input.sub(baseline).index_select(0, index);
      Tensor at = column(pieces.stream().mapToDouble(Piece::at).toArray());
      return baseline.index_select(0, index).add(way.mul(at));
    }

    Tensor weights(List<Piece> pieces) {
      return column(pieces.stream().mapToDouble(Piece::weight).toArray());
    }

    private Tensor column(double[] values) {
      Tensor column = torch.empty(values.length, 1, 1);
      FloatPointer data = new FloatPointer(column.data_ptr());
      for (int i = 0; i < values.length; i++) {
        data.put(i, (float) values[i]);
      }
      return column.to(input.device(), input.scalar_type());
    }
  }

  private Way way(List<Piece> pieces, List<TokenRow> rows) {
    List<Integer> distinct = pieces.stream().map(Piece::row).distinct().toList();
    long[] index = pieces.stream().mapToLong(piece -> distinct.indexOf(piece.row())).toArray();
    List<TokenRow> ofPass = distinct.stream().map(rows::get).toList();
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor input = embeddings(ofPass);
      Tensor from =
          baseline == Baseline.ZERO
              ? input.mul(special(ofPass, input))
              : embeddings(ofPass.stream().map(row -> row.filled(filler)).toList());
      return new Way(distinct, pass.constant(index), input, from);
    }
  }

  private Tensor embeddings(List<TokenRow> rows) {
    return pass.fp32(model.embeddings(pass, Passes.batch(rows, model.padTokenId())));
  }

  /** 1 for a special token, else 0: {@code [rows, length, 1]}. */
  private Tensor special(List<TokenRow> rows, Tensor input) {
    int length = (int) input.size(1);
    float[] special = new float[rows.size() * length];
    for (int row = 0; row < rows.size(); row++) {
      for (int token = 0; token < rows.get(row).length(); token++) {
        special[row * length + token] = rows.get(row).special()[token] ? 1 : 0;
      }
    }
    return pass.constant(special, rows.size(), length, 1);
  }

  private static float[] floats(Tensor tensor) {
    Tensor here = tensor.cpu().contiguous();
    float[] values = new float[(int) here.numel()];
    new FloatPointer(here.data_ptr()).get(values);
    return values;
  }
}
