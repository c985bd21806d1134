package org.sparkfinetune.model;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.compute.AttentionImplementation;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.TokenTensors;
import org.sparkfinetune.model.compute.Tokens;
import org.sparkfinetune.model.compute.UnpaddedBatch;
import org.sparkfinetune.model.encoder.ClassificationHead;
import org.sparkfinetune.model.encoder.Encoder;
import org.sparkfinetune.model.encoder.EncoderFamilies;
import org.sparkfinetune.model.encoder.EncoderFamily;
import org.sparkfinetune.model.encoder.ParameterSet;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.StateDictMatcher;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.torch.Libtorch;

/**
 * An encoder, a pooling and a linear layer over the labels. Holds its weights in native memory
 * until {@link #close}.
 *
 * <p>Weights have the names of Hugging Face's {@code ...ForSequenceClassification} of the family.
 * Several threads may run forward passes at once; changing weights is for one thread alone.
 */
public final class SequenceClassifier implements AutoCloseable {
  private final ModelConfig config;
  private final AdaptationConfig adaptation;
  private final List<String> labels;
  private final ParameterSet parameters;
  private final Encoder encoder;
  private final ClassificationHead head;
  private final boolean hasTokenTypes;
  private CompactEmbeddings trimmed;
  private List<String> freshWeights = List.of();
  private LoadReport loadReport = LoadReport.NOTHING;

  private SequenceClassifier(ModelConfig config, AdaptationConfig adaptation) {
    this(config, adaptation, new ParameterSet());
  }

  private SequenceClassifier(
      ModelConfig config, AdaptationConfig adaptation, ParameterSet parameters) {
    EncoderFamily family = EncoderFamilies.checked(config);
    this.config = config;
    this.adaptation = adaptation;
    this.labels = config.labels();
    this.hasTokenTypes = family.hasTokenTypes(config);
    this.parameters = parameters;
    try {
      encoder = family.encoder(config, parameters.root().child(family.baseModelPrefix()));
      head =
          new ClassificationHead(
              family.head(config), config.pooling(), labels.size(), parameters.headRoot());
      adaptation.apply(parameters, family.loraTargets());
    } catch (RuntimeException | Error e) {
      parameters.close();
      throw e;
    }
  }

  /**
   * Builds a classifier on a pretrained encoder. A head and a pooler that the pretrained model
   * holds in the right shape are taken, else they start afresh. The output layer is taken by the
   * names of the labels: where both sets of labels are the same, its rows come in this classifier's
   * order; where they are not, as with Hugging Face's {@code LABEL_0}, its rows mean something else
   * and it starts afresh.
   *
   * @param config the pretrained model's configuration with this classifier's head, from {@link
   *     ModelArguments#configure}
   * @param pretrainedLabels the label names of the pretrained model's own configuration, by index;
   *     empty for an encoder
   * @param adaptation from {@link ModelArguments#adaptation}
   * @param seed of the fresh weights
   * @throws UserException when the weights are not the model's, or have not the layers or modules
   *     that the adaptation names
   */
  public static SequenceClassifier fromPretrained(
      ModelConfig config,
      List<String> pretrainedLabels,
      TensorSource pretrained,
      AdaptationConfig adaptation,
      long seed) {
    requireFits(config, adaptation, empty -> empty.match(pretrained, pretrainedLabels));
    SequenceClassifier model = new SequenceClassifier(config, adaptation);
    try {
      PretrainedWeights.Taken taken = model.pretrainedWeights().take(pretrained, pretrainedLabels);
      model.loadReport = taken.report();
      List<String> fresh = new ArrayList<>(taken.fresh());
      fresh.addAll(adaptation.reinitialized(model.parameters));
      model.initialize(fresh, seed);
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** The same as it is, with the pretrained model's labels, all its weights to be trained. */
  public static SequenceClassifier fromPretrained(
      ModelConfig config, TensorSource pretrained, long seed) {
    return fromPretrained(config, config.labels(), pretrained, AdaptationConfig.NONE, seed);
  }

  /** Builds a classifier without pretrained weights: all start afresh. */
  public static SequenceClassifier fromScratch(
      ModelConfig config, AdaptationConfig adaptation, long seed) {
    requireFits(config, adaptation, empty -> {});
    SequenceClassifier model = new SequenceClassifier(config, adaptation);
    model.initialize(List.copyOf(model.parameters.tensors().keySet()), seed);
    return model;
  }

  /** The same with all its weights to be trained. */
  public static SequenceClassifier fromScratch(ModelConfig config, long seed) {
    return fromScratch(config, AdaptationConfig.NONE, seed);
  }

  /**
   * Compares a model with what its weights are to come from before any memory is taken for them:
   * sizes in a configuration are what somebody wrote there.
   */
  private static void requireFits(
      ModelConfig config, AdaptationConfig adaptation, Consumer<SequenceClassifier> match) {
    try (SequenceClassifier empty = onMetaDevice(config, adaptation)) {
      match.accept(empty);
      empty.parameters.requireRoom();
    }
  }

  private void initialize(List<String> fresh, long seed) {
    parameters.initialize(fresh, initializerRange(), seed);
    freshWeights = List.copyOf(fresh);
  }

  private double initializerRange() {
    return config.number("initializer_range", 0.02, 0, 100);
  }

  /**
   * Starts the weights of one part afresh, whatever they have learned.
   *
   * @param depth 0 for the embeddings, then the layers, then {@link ParameterSet#headDepth}
   */
  public void reinitialize(int depth, long seed) {
    parameters.initialize(
        parameters.parameters().stream()
            .filter(parameter -> parameter.depth() == depth)
            .map(Parameter::name)
            .toList(),
        initializerRange(),
        seed);
  }

  /**
   * Looks up which of a pretrained model's tensors {@link #fromPretrained} takes; reads none.
   *
   * @param pretrainedLabels the label names of the pretrained model's own configuration, by index
   * @throws UserException when the pretrained model lacks a weight of the encoder, or has it in
   *     another shape
   */
  public StateDictMatcher.Match match(TensorSource pretrained, List<String> pretrainedLabels) {
    return pretrainedWeights().match(pretrained, pretrainedLabels);
  }

  private PretrainedWeights pretrainedWeights() {
    return new PretrainedWeights(config, parameters, head);
  }

  /**
   * Builds a classifier of shapes alone, on libtorch's device {@code Meta}: it takes no memory for
   * weights, has none, and is for looking at {@link #parameters()}.
   */
  public static SequenceClassifier onMetaDevice(ModelConfig config, AdaptationConfig adaptation) {
    return new SequenceClassifier(config, adaptation, new ParameterSet(torch.DeviceType.Meta));
  }

  /**
   * Checks that a model has the layers and modules that an adaptation names, when it names some.
   *
   * @throws UserException when it has not
   */
  public static void requireAdaptable(ModelConfig config, AdaptationConfig adaptation) {
    // It needs libtorch, which a driver does without where nothing is to be checked.
    if (adaptation.namesParts()) {
      onMetaDevice(config, adaptation).close();
    }
  }

  /** Loads a whole classifier: every weight must be there. */
  public static SequenceClassifier load(ModelFiles files) {
    try (TensorSource weights = files.openWeights()) {
      return load(ModelConfig.parse(files.config()), weights);
    }
  }

  /**
   * Loads a fine-tuned classifier from wherever it is kept.
   *
   * @throws UserException when the pretrained model names no labels or lacks a weight, as an
   *     encoder does
   */
  public static SequenceClassifier load(PretrainedModel pretrained) {
    ModelConfig config = ModelConfig.parse(pretrained.config()).completed(pretrained.name());
    try (TensorSource weights = pretrained.openWeights()) {
      return load(config, weights);
    }
  }

  /** Loads a whole classifier: every weight must be there. */
  public static SequenceClassifier load(ModelConfig config, TensorSource weights) {
    requireFits(
        config, AdaptationConfig.NONE, empty -> empty.pretrainedWeights().matchAll(weights));
    SequenceClassifier model = new SequenceClassifier(config, AdaptationConfig.NONE);
    try {
      model.pretrainedWeights().takeAll(weights);
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /**
   * The classifier as files, weights copied as they are now: adapters merged into the weights that
   * they adapt, and, where that is asked for, as files of their own too.
   */
  public ModelFiles toFiles(String tokenizerJson) {
    return ClassifierFiles.of(config, parameters, adaptation.lora(), tokenizerJson);
  }

  /** The configuration. */
  public ModelConfig config() {
    return config;
  }

  /** The label names, by index. */
  public List<String> labels() {
    return labels;
  }

  /** The names of the weights of the linear layer over the labels. */
  public List<String> outputWeights() {
    return head.outputWeights();
  }

  /**
   * Divides all logits from now on by a number above 0, in the weights of the linear layer over the
   * labels. The configuration stays as it is: see {@link ModelConfig#withTemperature}.
   */
  public void divideLogits(double temperature) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (String name : outputWeights()) {
        parameters.tensors().get(name).mul_(new Scalar(1 / temperature));
      }
    }
  }

  /** What was done to it after its pretrained weights were taken and before it was trained. */
  public AdaptationConfig adaptation() {
    return adaptation;
  }

  /** How attention is to be computed while training. */
  public AttentionImplementation attention() {
    return adaptation.attention();
  }

  /**
   * The names of the weights that did not come from the pretrained model but started afresh: those
   * of a head that it lacks, of re-initialized layers, of adapters.
   */
  public List<String> freshWeights() {
    return freshWeights;
  }

  /** What of the pretrained model this classifier did not take. */
  public LoadReport loadReport() {
    return loadReport;
  }

  /** The weights; they stay this classifier's. */
  public ParameterSet parameters() {
    return parameters;
  }

  /**
   * Leaves of the table of word vectors only the rows of the tokens that are used, until the result
   * is closed: a training then spends no time, no memory and no communication on the others.
   *
   * @param used by token id; the padding's is kept in any case
   * @return empty when the table is not trained
   */
  public Optional<CompactEmbeddings> trimVocabulary(BitSet used) {
    Parameter words = parameters.wordEmbeddings();
    if (!words.trainable()) {
      return Optional.empty();
    }
    BitSet kept = (BitSet) used.clone();
    kept.set(padTokenId());
    trimmed = new CompactEmbeddings(words.tensor(), kept, () -> trimmed = null);
    return Optional.of(trimmed);
  }

  /** Whether a weight is the table of word vectors. */
  public boolean isWordEmbeddings(Parameter parameter) {
    return parameter == parameters.wordEmbeddings();
  }

  /** The number of token ids that the table of word vectors has rows for. */
  public int vocabulary() {
    return (int) parameters.wordEmbeddings().tensor().size(0);
  }

  /** The numbers of the whole table of word vectors while it is trimmed; 0 while it is not. */
  public long detachedSize() {
    return trimmed == null ? 0 : trimmed.wholeSize();
  }

  /** Moves the weights; what is computed from then on is computed there. */
  public void to(Device device) {
    parameters.to(device);
  }

  /** Where the weights are. */
  public Device device() {
    return parameters.device();
  }

  /** The token id that pads a batch. */
  public int padTokenId() {
    return config.padTokenId();
  }

  /** The logits of each row in fp32: {@code [batch.size()][labels().size()]}. */
  public float[][] logits(Batch batch) {
    return logits(ForwardPass.inference(), batch);
  }

  /** The logits of each row by the given arithmetic: {@code [batch.size()][labels().size()]}. */
  public float[][] logits(ForwardPass pass, Batch batch) {
    try (Libtorch.Computation computing = Libtorch.computation();
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return rows(logitsTensor(pass, batch).cpu().contiguous());
    }
  }

  /**
   * The logits of a batch in fp32, {@code [rows, labels]}, where the model is: with their autograd
   * graph, in the caller's {@code PointerScope}. Where the encoder and the pass can do without
   * padding, there is none.
   */
  public Tensor logitsTensor(ForwardPass pass, Batch batch) {
    return logits(pass, batch, null);
  }

  /**
   * The embeddings that a batch's logits are computed from, {@code [rows, length, width]}, where
   * the model is and in the arithmetic of the pass, with their autograd graph, in the caller's
   * {@code PointerScope}: what transformers' module {@code embeddings} gives. Those of padding mean
   * nothing.
   */
  public Tensor embeddings(ForwardPass pass, Batch batch) {
    return encoder.embed(pass.on(device()), tokens(batch));
  }

  /**
   * As {@link #logitsTensor(ForwardPass, Batch)}, from embeddings that are given, which have a
   * gradient where they require one: what attribution methods start from. A batch may hold the same
   * row many times, each with embeddings of its own.
   *
   * @param batch how long rows are, and where their tokens stand; which tokens they are is not
   *     looked at
   * @param embeddings of {@link #embeddings}'s shape, where the model is, in any arithmetic
   */
  public Tensor logitsTensor(ForwardPass pass, Batch batch, Tensor embeddings) {
    return logits(pass, batch, embeddings);
  }

  /**
   * What a batch gives.
   *
   * @param logits of each row
   * @param pooled of each row the vector that the last layer takes; none where none were asked for
   */
  public record Outputs(float[][] logits, float[][] pooled) {}

  /**
   * The logits by the given arithmetic, {@code [rows][labels]}.
   *
   * @param withPooled whether the pooled vectors are given too
   */
  public Outputs outputs(ForwardPass pass, Batch batch, boolean withPooled) {
    try (Libtorch.Computation computing = Libtorch.computation();
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor pooled = pooled(pass, batch, null);
      Tensor logits = head.logits(pass.on(device()), pooled);
      return new Outputs(
          rows(logits.cpu().contiguous()),
          withPooled ? rows(pooled.cpu().contiguous()) : new float[0][]);
    }
  }

  /** The logits, from given embeddings or, where there are none, the tokens' own. */
  private Tensor logits(ForwardPass pass, Batch batch, Tensor embeddings) {
    return head.logits(pass.on(device()), pooled(pass, batch, embeddings));
  }

  private Tensor pooled(ForwardPass pass, Batch batch, Tensor embeddings) {
    ForwardPass here = pass.on(device());
    Tokens<Tensor> tokens = tokens(batch);
    if (tokens.padding() == null || !takesUnpadded(pass, batch.length())) {
      Tensor x = embeddings == null ? encoder.embed(here, tokens) : here.cast(embeddings);
      return head.pooled(here, encoder.encode(here, x, tokens), tokens);
    }
    UnpaddedBatch unpadded = UnpaddedBatch.of(batch, tokens);
    ForwardPass over = here.over(unpadded.rows());
    Tensor x =
        embeddings == null
            ? encoder.embed(over, unpadded.tokens())
            : unpadded.flatten(here.cast(embeddings));
    return head.pooled(here, unpadded.pad(encoder.encode(over, x, unpadded.tokens())), tokens);
  }

  /**
   * Whether {@link #logitsTensor} does without padding.
   *
   * @param length tokens of the longest row
   */
  public boolean takesUnpadded(ForwardPass pass, int length) {
    return encoder.takesUnpadded() && pass.on(device()).takesUnpadded(length);
  }

  /**
   * The mean loss of a batch, in nats: a scalar with its autograd graph, in the caller's {@code
   * PointerScope}. Single-label: the cross-entropy of the rows' labels. Multi-label: the binary
   * cross-entropy, meaned over rows and labels, as of PyTorch's {@code BCEWithLogitsLoss}.
   */
  public Tensor loss(ForwardPass pass, Batch batch) {
    Tensor logits = logitsTensor(pass, batch);
    return switch (config.problemType().task().activation()) {
      case SOFTMAX -> MeanLoss.crossEntropy(logits, batch);
      case SIGMOID -> MeanLoss.binaryCrossEntropy(logits, batch);
    };
  }

  /**
   * The last hidden states of a batch in fp32, {@code [rows, length, hidden]}, in the caller's
   * {@code PointerScope}; those of padding mean nothing.
   */
  Tensor lastHiddenStates(Batch batch) {
    return encoder.forward(ForwardPass.inference().on(device()), tokens(batch));
  }

  /**
   * The logits of a batch in fp32, {@code [rows, labels]}, in the operations of whatever runs or
   * writes them.
   */
  public <T> T logits(TensorOps<T> ops, Tokens<T> tokens) {
    return head.forward(ops, encoder.forward(ops, tokens), tokens);
  }

  /** A tokenizer may tell second texts apart where the encoder does not. */
  private Tokens<Tensor> tokens(Batch batch) {
    batch.requireIdsBelow(trimmed == null ? vocabulary() : trimmed.vocabulary());
    long[] wordRows = trimmed == null ? null : trimmed.rows(batch.inputIds());
    return TokenTensors.of(batch, hasTokenTypes, wordRows, parameters.device());
  }

  private static float[][] rows(Tensor matrix) {
    int columns = (int) matrix.size(1);
    float[][] rows = new float[(int) matrix.size(0)][columns];
    FloatPointer data = new FloatPointer(matrix.data_ptr());
    for (int i = 0; i < rows.length; i++) {
      data.position((long) i * columns).get(rows[i]);
    }
    return rows;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
