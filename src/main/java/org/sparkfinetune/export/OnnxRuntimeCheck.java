package org.sparkfinetune.export;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Tokens;

/** Compares an exported model with the one that it came from, on random texts. */
final class OnnxRuntimeCheck {
  /** Lengths of a batch's rows, in tokens: one row alone, padded rows, beyond local windows. */
  private static final List<int[]> BATCHES =
      List.of(new int[] {5}, new int[] {9, 33, 2}, new int[] {70, 200});

  /**
   * A batch as a graph's inputs, row after row.
   *
   * @param ids the model's own
   * @param fed the ids that the graph is given for them
   * @param mask 1 for a token and 0 for padding
   */
  private record Inputs(int rows, int length, long[] ids, long[] fed, long[] mask, long[] types) {
    static Inputs random(
        int[] lengths, SequenceClassifier model, Optional<TokenFeed> feed, Random random) {
      int length = Arrays.stream(lengths).max().orElseThrow();
      int padding = model.padTokenId();
      long[] modelIds =
          feed.map(TokenFeed::modelIds)
              .filter(ids -> ids.length > 0)
              .orElseGet(
                  () -> LongStream.range(0, model.config().positive("vocab_size")).toArray());
      Inputs inputs =
          new Inputs(
              lengths.length,
              length,
              new long[lengths.length * length],
              new long[lengths.length * length],
              new long[lengths.length * length],
              new long[lengths.length * length]);
      Arrays.fill(inputs.ids, padding);
      // A caller with rules of its own may pad with anything.
      Arrays.fill(inputs.fed, feed.isPresent() ? 1 : padding);
      for (int row = 0; row < lengths.length; row++) {
        int second = random.nextInt(lengths[row] + 1);
        for (int i = 0; i < lengths[row]; i++) {
          int id = random.nextInt(modelIds.length);
          while (modelIds[id] == padding) {
            id = random.nextInt(modelIds.length);
          }
          inputs.set(row * length + i, id, modelIds);
          inputs.mask[row * length + i] = 1;
          inputs.types[row * length + i] = feed.isPresent() || i < second ? 0 : 1;
        }
        int last = row * length + lengths[row] - 1;
        feed.ifPresent(fed -> inputs.set(last, fed.endTokenId(), modelIds));
      }
      return inputs;
    }

    private void set(int position, int id, long[] modelIds) {
      fed[position] = id;
      ids[position] = modelIds[id];
    }
  }

  private OnnxRuntimeCheck() {}

  /** The largest absolute difference of a logit; not a number when one side has one that is not. */
  static double largestDifference(SequenceClassifier model, Path file, Optional<TokenFeed> feed) {
    Random random = new Random(1);
    double largest = 0;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      try (OrtSession session =
          OrtEnvironment.getEnvironment().createSession(file.toString(), options)) {
        for (int[] lengths : BATCHES) {
          int[] possible =
              Arrays.stream(lengths).map(n -> Math.min(n, model.config().maxTokens())).toArray();
          Inputs inputs = Inputs.random(possible, model, feed, random);
          largest = Math.max(largest, difference(logits(model, inputs), logits(session, inputs)));
        }
      }
    } catch (OrtException e) {
      throw new IllegalStateException(
          "ONNX Runtime does not take the exported model: " + e.getMessage(), e);
    }
    return largest;
  }

  private static double difference(float[] expected, float[] actual) {
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((double) expected[i] - actual[i]));
    }
    return largest;
  }

  private static float[] logits(SequenceClassifier model, Inputs inputs) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ForwardPass pass = ForwardPass.inference();
      Tensor mask = matrix(pass, inputs.mask, inputs);
      Tensor types = model.config().hasTokenTypes() ? matrix(pass, inputs.types, inputs) : null;
      Tokens<Tensor> tokens =
          new Tokens<>(
              matrix(pass, inputs.ids, inputs), types, mask.sum(1), mask.eq(new Scalar(0)));
      Tensor logits = model.logits(pass, tokens).contiguous();
      float[] values = new float[(int) logits.numel()];
      new FloatPointer(logits.data_ptr()).get(values);
      return values;
    }
  }

  private static Tensor matrix(ForwardPass pass, long[] values, Inputs inputs) {
    return pass.reshape(pass.constant(values), inputs.rows, inputs.length);
  }

  private static float[] logits(OrtSession session, Inputs inputs) throws OrtException {
    Map<String, long[]> values =
        Map.of(
            OnnxExport.INPUT_IDS, inputs.fed,
            OnnxExport.ATTENTION_MASK, inputs.mask,
            OnnxExport.TOKEN_TYPE_IDS, inputs.types);
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        tensors.put(
            name,
            OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(),
                LongBuffer.wrap(values.get(name)),
                new long[] {inputs.rows, inputs.length}));
      }
      try (OrtSession.Result result = session.run(tensors)) {
        OnnxTensor logits = (OnnxTensor) result.get(OnnxExport.LOGITS).orElseThrow();
        float[] flat = new float[logits.getFloatBuffer().remaining()];
        logits.getFloatBuffer().get(flat);
        return flat;
      }
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }
}
