package org.sparkfinetune;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.util.DoubleComparator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;

/** Small random classifiers for tests that need a model but not what it knows. */
public final class TestModels {
  /**
   * For figures of rows that went through a network in other batches: a processor may then add up a
   * product in another order, and logits differ in their last digits.
   */
  public static final Comparator<Double> OTHER_BATCHES = new DoubleComparator(1e-6);

  private TestModels() {}

  /** A BERT of two layers and width 12 over {@code vocabSize} tokens, without dropout. */
  public static ModelConfig tinyConfig(int vocabSize, int labels) {
    List<String> names = IntStream.range(0, labels).mapToObj(i -> "label" + i).toList();
    return tinyConfig(vocabSize, names, 0);
  }

  /** A BERT of two layers and width 12, for single labels. */
  public static ModelConfig tinyConfig(int vocabSize, List<String> labels, double dropout) {
    return tinyConfig(
        vocabSize, labels, dropout, ProblemType.SINGLE_LABEL_CLASSIFICATION, Pooling.MEAN);
  }

  /** A BERT of two layers and width 12. */
  public static ModelConfig tinyConfig(
      int vocabSize,
      List<String> labels,
      double dropout,
      ProblemType problemType,
      Pooling pooling) {
    return config(2, vocabSize, dropout).withHead(labels, pooling, problemType);
  }

  /** A BERT of one layer and width 12, for single labels. */
  public static ModelConfig oneLayer(int vocabSize, List<String> labels, double dropout) {
    return config(1, vocabSize, dropout)
        .withHead(labels, Pooling.MEAN, ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private static ModelConfig config(int layers, int vocabSize, double dropout) {
    String json =
        """
        {"model_type": "bert", "vocab_size": %d, "hidden_size": 12, "num_hidden_layers": %d,
         "num_attention_heads": 3, "intermediate_size": 20, "max_position_embeddings": 128,
         "type_vocab_size": 2, "hidden_dropout_prob": %s, "attention_probs_dropout_prob": %s,
         "initializer_range": 0.1}
        """
            .formatted(vocabSize, layers, dropout, dropout);
    return ModelConfig.parse(json);
  }

  /** A tiny classifier over three labels, with the real tokenizer of {@code minilm-l6}. */
  public static ModelFiles tiny() {
    return tiny(ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  /** The same over sets of these labels, or over one of them. */
  public static ModelFiles tiny(ProblemType problemType) {
    String tokenizer = PretrainedModel.open("minilm-l6", new Configuration(false)).tokenizer();
    List<String> labels = List.of("card", "loan", "transfer");
    try (SequenceClassifier model =
        SequenceClassifier.fromScratch(
            tinyConfig(30522, labels, 0, problemType, Pooling.MEAN), 42)) {
      return model.toFiles(tokenizer);
    }
  }

  /** Writes a tiny classifier of random weights, which guesses, as a Hugging Face folder. */
  public static String guessing(Path folder, ProblemType problemType, int seed, String... labels) {
    ModelConfig config = tinyConfig(30522, List.of(labels), 0, problemType, Pooling.CLS);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, seed)) {
      HuggingFaceFolder.write(
          model.toFiles(tiny().tokenizer()),
          config.inputs(),
          new org.apache.hadoop.fs.Path(folder.toUri()),
          new Configuration(false));
    }
    return folder.toString();
  }

  /** The same, whose guesses of some texts are now one label and now another. */
  public static String undecided(Path folder, List<String> texts, String... labels) {
    ModelConfig config =
        tinyConfig(
            30522, List.of(labels), 0, ProblemType.SINGLE_LABEL_CLASSIFICATION, Pooling.MEAN);
    String json = tiny().tokenizer();
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 42);
        TextTokenizer tokenizer = TextTokenizer.of(json, 32);
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      List<int[]> ids = tokenizer.encode(texts).stream().map(Encoding::inputIds).toList();
      int[] none = ids.stream().mapToInt(tokens -> tokens.length).toArray();
      Tensor logits =
          model.logitsTensor(
              ForwardPass.inference(), Batch.of(ids, none, new int[texts.size()][0], 0));
      String bias =
          model.outputWeights().stream().filter(n -> n.endsWith("bias")).findFirst().orElseThrow();
      model.parameters().tensors().get(bias).sub_(logits.mean(new long[] {0}));
      HuggingFaceFolder.write(
          model.toFiles(json),
          config.inputs(),
          new org.apache.hadoop.fs.Path(folder.toUri()),
          new Configuration(false));
    }
    return folder.toString();
  }
}
