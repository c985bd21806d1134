package org.sparkfinetune.model.compute;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.tokenize.Batch;

/**
 * A batch whose rows follow one another without padding, as one long row. Rows come in the order of
 * their lengths, so that those of one length stand together. Behind them come rows of one token
 * that nothing looks at: they make the number of tokens a multiple of {@link #MULTIPLE}.
 *
 * @param tokens one row of all tokens, {@code [1, tokens]}; nothing is padding
 * @param rows where the batch's rows lie in it
 * @param taken the place of each of its tokens in the padded batch, int64, {@code [tokens]}; at the
 *     end those that nothing looks at, which are the padded batch's first
 * @param places of each token of the padded batch in it, int64, {@code [rows * length]}; padding
 *     has that of its row's first token
 * @param padded the batch as it is with padding
 */
public record UnpaddedBatch(
    Tokens<Tensor> tokens, UnpaddedRows rows, Tensor taken, Tensor places, Tokens<Tensor> padded) {
  /**
   * oneDNN, which multiplies in bf16, compiles a kernel for each new number of tokens and keeps a
   * thousand: a millisecond and half a megabyte each, several a layer.
   */
  private static final int MULTIPLE = 32;

  /** Lines up a batch that has been padded. */
  public static UnpaddedBatch of(Batch batch, Tokens<Tensor> padded) {
    int length = batch.length();
    int[] order =
        IntStream.range(0, batch.size())
            .boxed()
            .sorted(Comparator.comparingInt(row -> batch.lengths()[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    int tokens = Math.toIntExact(batch.tokens());
    int filler = Math.floorMod(-tokens, MULTIPLE);
    long[] taken = new long[tokens + filler];
    long[] places = new long[batch.size() * length];
    int at = 0;
    for (int row : order) {
      for (int i = 0; i < length; i++) {
        boolean real = i < batch.lengths()[row];
        places[row * length + i] = real ? at + i : at;
        if (real) {
          taken[at + i] = (long) row * length + i;
        }
      }
      at += batch.lengths()[row];
    }
    Tensor index = TokenTensors.int64(taken, taken.length);
    Tensor inputIds = flattened(padded.inputIds(), index);
    return new UnpaddedBatch(
        new Tokens<>(
            inputIds,
            padded.wordRows() == padded.inputIds() ? inputIds : flattened(padded.wordRows(), index),
            padded.tokenTypeIds() == null ? null : flattened(padded.tokenTypeIds(), index),
            TokenTensors.int64(new long[] {taken.length}, 1),
            null),
        UnpaddedRows.of(
            IntStream.concat(
                    IntStream.of(order).map(row -> batch.lengths()[row]),
                    IntStream.generate(() -> 1).limit(filler))
                .toArray()),
        index,
        TokenTensors.int64(places, places.length),
        padded);
  }

  private static Tensor flattened(Tensor x, Tensor index) {
    return x.view(-1).index_select(0, index).unsqueeze(0);
  }

  /** {@code [rows, length, width]} to {@code [1, tokens, width]}. */
  public Tensor flatten(Tensor vectors) {
    return vectors.reshape(-1, vectors.size(2)).index_select(0, taken).unsqueeze(0);
  }

  /** {@code [1, tokens, hidden]} to {@code [rows, length, hidden]}. */
  public Tensor pad(Tensor vectors) {
    Tensor shape = padded.inputIds();
    return vectors
        .view(-1, vectors.size(2))
        .index_select(0, places)
        .view(shape.size(0), shape.size(1), vectors.size(2));
  }
}
