package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;

/** The encoder on libtorch against ONNX Runtime on the same file: real weights, real texts. */
class OnnxRuntimeParityTest {
  private static final int TEXTS = 50;
  private static final int BATCH = 10;

  @Test
  void tokenVectorsEqualOnnxRuntimes() throws Exception {
    PretrainedModel pretrained = PretrainedModel.open("minilm-l6", new Configuration(false));
    ModelConfig config =
        ModelConfig.parse(pretrained.config())
            .withHead(List.of("a", "b"), Pooling.MEAN, ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (TensorSource weights = pretrained.openWeights();
        SequenceClassifier model = SequenceClassifier.fromPretrained(config, weights, 1);
        TextTokenizer tokenizer = TextTokenizer.of(pretrained.tokenizer(), 128);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession onnx =
            environment.createSession(resource("/all-minilm-l6-v2.onnx").readAllBytes())) {
      List<Encoding> encodings = tokenizer.encode(texts());
      assertThat(encodings).hasSize(TEXTS);
      double largest = 0;
      for (int start = 0; start < TEXTS; start += BATCH) {
        List<int[]> ids =
            encodings.subList(start, start + BATCH).stream().map(Encoding::inputIds).toList();
        Batch batch = Batch.of(ids, new int[BATCH][0], model.padTokenId());
        assertThat(Arrays.stream(batch.lengths())).as("padded").anyMatch(n -> n < batch.length());
        largest = Math.max(largest, largestDifference(model, environment, onnx, batch));
      }
      // Values are of the order of 1; six layers of fp32 sums in another order come to about 1e-6.
      assertThat(largest).isLessThan(1e-4).isGreaterThan(0);
    }
  }

  private static double largestDifference(
      SequenceClassifier model, OrtEnvironment environment, OrtSession onnx, Batch batch)
      throws OrtException {
    long[] shape = {batch.size(), batch.length()};
    long[] mask = new long[batch.inputIds().length];
    for (int row = 0; row < batch.size(); row++) {
      int start = row * batch.length();
      Arrays.fill(mask, start, start + batch.lengths()[row], 1);
    }
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard();
        OnnxTensor ids =
            OnnxTensor.createTensor(environment, LongBuffer.wrap(batch.inputIds()), shape);
        OnnxTensor attention = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
        OnnxTensor types =
            OnnxTensor.createTensor(
                environment, LongBuffer.wrap(new long[batch.inputIds().length]), shape);
        OrtSession.Result result =
            onnx.run(
                Map.of("input_ids", ids, "attention_mask", attention, "token_type_ids", types))) {
      float[][][] expected = (float[][][]) result.get(0).getValue();
      Tensor actual = model.lastHiddenStates(batch).contiguous();
      float[] values = new float[(int) actual.numel()];
      new FloatPointer(actual.data_ptr()).get(values);
      int hidden = expected[0][0].length;
      double largest = 0;
      for (int row = 0; row < batch.size(); row++) {
        for (int token = 0; token < batch.lengths()[row]; token++) {
          for (int i = 0; i < hidden; i++) {
            float value = values[(row * batch.length() + token) * hidden + i];
            largest = Math.max(largest, Math.abs(value - expected[row][token][i]));
          }
        }
      }
      return largest;
    }
  }

  private static List<String> texts() throws IOException {
    String csv =
        new String(
            resource("/org/sparkfinetune/sample/test.csv").readAllBytes(), StandardCharsets.UTF_8);
    return csv.lines().skip(1).limit(TEXTS).toList();
  }

  private static InputStream resource(String name) {
    return OnnxRuntimeParityTest.class.getResourceAsStream(name);
  }
}
