package org.sparkfinetune.model.compute;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Where each row's tokens lie when rows follow one another without padding, and where each row's
 * attention scores do, a square a head.
 *
 * @param runs in their order
 * @param tokens of all rows
 * @param scores of all rows, for one head
 */
public record UnpaddedRows(List<Run> runs, long tokens, long scores) {
  /**
   * Neighboring rows of one length.
   *
   * @param rows how many
   * @param length of each, in tokens
   * @param firstToken tokens before the run
   * @param firstScore scores before the run, for one head
   */
  public record Run(int rows, int length, long firstToken, long firstScore) {
    long tokens() {
      return (long) rows * length;
    }

    long scores() {
      return tokens() * length;
    }

    /** Of {@code [1, tokens]} this run's, {@code [rows, length]}. */
    Tensor of(Tensor x) {
      return x.narrow(1, firstToken, tokens()).view(rows, length);
    }
  }

  /** Rows of one length, as in a batch that is padded. */
  static UnpaddedRows padded(long rows, long length) {
    Run run = new Run(Math.toIntExact(rows), Math.toIntExact(length), 0, 0);
    return new UnpaddedRows(List.of(run), run.tokens(), run.scores());
  }

  /**
   * Rows of the given lengths.
   *
   * @param lengths in tokens, at least 1; those that are equal had better stand together
   */
  static UnpaddedRows of(int... lengths) {
    List<Run> runs = new ArrayList<>();
    long tokens = 0;
    long scores = 0;
    for (int start = 0, end; start < lengths.length; start = end) {
      end = start + 1;
      while (end < lengths.length && lengths[end] == lengths[start]) {
        end++;
      }
      Run run = new Run(end - start, lengths[start], tokens, scores);
      runs.add(run);
      tokens += run.tokens();
      scores += run.scores();
    }
    return new UnpaddedRows(List.copyOf(runs), tokens, scores);
  }

  /** {@code [1, tokens]}, of {@code [rows, length]} for each run. */
  Tensor ofEachRun(Function<Run, Tensor> rows) {
    Tensor[] parts =
        runs.stream().map(run -> rows.apply(run).reshape(1, -1)).toArray(Tensor[]::new);
    return torch.cat(new TensorVector(parts), 1);
  }
}
