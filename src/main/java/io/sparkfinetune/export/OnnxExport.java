package io.sparkfinetune.export;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.sparkfinetune.UserException;
import io.sparkfinetune.model.SequenceClassifier;
import java.io.IOException;
import java.nio.file.Path;

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
   * Writes as {@link #write} does, with a graph that takes each {@code pad_token_id} among the
   * {@code input_ids} for padding and does not look at its input {@code attention_mask}: for
   * callers that fill that input by a rule which does not suit the model.
   */
  public static double writeMaskingPadTokens(SequenceClassifier model, Path folder)
      throws IOException {
    return write(model, folder, OnnxFile.MAX_INLINE_BYTES, true);
  }

  static double write(SequenceClassifier model, Path folder, long maxInlineBytes)
      throws IOException {
    return write(model, folder, maxInlineBytes, false);
  }

  private static double write(
      SequenceClassifier model, Path folder, long maxInlineBytes, boolean masksPadTokens)
      throws IOException {
    OnnxGraphBuilder builder = graph(model, masksPadTokens);
    OnnxFile.write(
        builder.graph(model.config().modelType()), builder.weights(), folder, maxInlineBytes);
    double difference = OnnxRuntimeCheck.largestDifference(model, folder.resolve(MODEL));
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

  private static OnnxGraphBuilder graph(SequenceClassifier model, boolean masksPadTokens) {
    OnnxGraphBuilder builder = new OnnxGraphBuilder();
    String[] dims = {"batch_size", "sequence_length"};
    OnnxValue ids = builder.input(INPUT_IDS, DataType.INT64, dims);
    OnnxValue mask = builder.input(ATTENTION_MASK, DataType.INT64, dims);
    OnnxValue types =
        model.config().hasTokenTypes() ? builder.input(TOKEN_TYPE_IDS, DataType.INT64, dims) : null;
    OnnxValue real = masksPadTokens ? builder.notEqual(ids, model.padTokenId()) : mask;
    OnnxValue logits = model.logits(builder, builder.tokens(ids, real, types));
    builder.output(LOGITS, logits, dims[0], model.labels().size());
    return builder;
  }
}
