package org.sparkfinetune.export;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.Tokens;

/**
 * Writes a classifier as an ONNX model that ONNX Runtime has been seen to compute the same with.
 *
 * <p>Inputs, int64 {@code [batch_size, sequence_length]}: {@code input_ids}, {@code
 * attention_mask}, and {@code token_type_ids} where the family has token types. Output: {@code
 * logits}, fp32 {@code [batch_size, number of labels]}. Names are Optimum's.
 */
public final class OnnxExport {
  /** The file's name, Optimum's. */
  public static final String MODEL = "model.onnx";

  /** The largest difference of a logit that is taken for rounding. */
  public static final double TOLERANCE = 1e-4;

  static final String INPUT_IDS = "input_ids";
  static final String ATTENTION_MASK = "attention_mask";
  static final String TOKEN_TYPE_IDS = "token_type_ids";
  static final String LOGITS = "logits";

  private OnnxExport() {}

  /**
   * Writes {@code model.onnx} (and, beyond 1.9 GB of weights, {@code model.onnx_data}) and compares
   * it with the model by ONNX Runtime on padded batches of several sizes and lengths.
   *
   * @param folder on the local disk, there already; files of these names are overwritten
   * @return the largest difference of a logit
   * @throws UserException when it is more than {@link #TOLERANCE}; what was written is then for the
   *     caller to delete
   */
  public static double write(SequenceClassifier model, Path folder) throws IOException {
    return write(model, folder, OnnxFile.MAX_INLINE_BYTES);
  }

  /**
   * Writes as {@link #write} does, with a graph that takes {@code input_ids} as the feed has them
   * and does not look at its inputs {@code attention_mask} and {@code token_type_ids}.
   */
  public static double write(SequenceClassifier model, Path folder, TokenFeed feed)
      throws IOException {
    return write(model, folder, OnnxFile.MAX_INLINE_BYTES, Optional.of(feed));
  }

  static double write(SequenceClassifier model, Path folder, long maxInlineBytes)
      throws IOException {
    return write(model, folder, maxInlineBytes, Optional.empty());
  }

  private static double write(
      SequenceClassifier model, Path folder, long maxInlineBytes, Optional<TokenFeed> feed)
      throws IOException {
    OnnxGraphBuilder builder = graph(model, feed);
    OnnxFile.write(
        builder.graph(model.config().modelType()), builder.weights(), folder, maxInlineBytes);
    double difference = OnnxRuntimeCheck.largestDifference(model, folder.resolve(MODEL), feed);
    requireWithinTolerance(difference);
    return difference;
  }

  static void requireWithinTolerance(double difference) {
    // Not "greater than": a NaN must not pass.
    if (!(difference <= TOLERANCE)) {
      throw new UserException(
          "the ONNX model does not compute what the model computes: logits differ by up to "
              + difference
              + ", which is more than "
              + TOLERANCE
              + "; nothing was exported. Weights that are not finite or very large do that; else"
              + " please report it with the model's config.json");
    }
  }

  private static OnnxGraphBuilder graph(SequenceClassifier model, Optional<TokenFeed> feed) {
    OnnxGraphBuilder builder = new OnnxGraphBuilder();
    String[] dims = {"batch_size", "sequence_length"};
    OnnxValue ids = builder.input(INPUT_IDS, DataType.INT64, dims);
    OnnxValue mask = builder.input(ATTENTION_MASK, DataType.INT64, dims);
    boolean hasTypes = model.config().hasTokenTypes();
    OnnxValue types =
        feed.map(TokenFeed::tokenTypes).orElse(hasTypes)
            ? builder.input(TOKEN_TYPE_IDS, DataType.INT64, dims)
            : null;
    Tokens<OnnxValue> tokens =
        feed.map(fed -> fitted(builder, fed, ids, hasTypes, model.padTokenId()))
            .orElseGet(() -> builder.tokens(ids, mask, types));
    OnnxValue logits = model.logits(builder, tokens);
    builder.output(LOGITS, logits, dims[0], model.labels().size());
    return builder;
  }

  /** The batch as the model was trained to see it: its own ids, and its own padding. */
  private static Tokens<OnnxValue> fitted(
      OnnxGraphBuilder builder, TokenFeed feed, OnnxValue ids, boolean hasTypes, int padTokenId) {
    OnnxValue types = hasTypes ? builder.multiply(ids, builder.constant(new long[] {0})) : null;
    Tokens<OnnxValue> fed = builder.tokens(ids, builder.upToLast(ids, feed.endTokenId()), types);
    OnnxValue own =
        feed.modelIds().length == 0
            ? ids
            : builder.embedding(builder.constant(feed.modelIds()), ids);
    return new Tokens<>(
        builder.maskedFill(own, fed.padding(), padTokenId), types, fed.lengths(), fed.padding());
  }
}
