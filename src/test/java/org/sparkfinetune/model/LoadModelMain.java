package org.sparkfinetune.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;

/**
 * What loading a pretrained model costs: {@code write FOLDER} makes one of BERT-base's size, {@code
 * load FOLDER} loads it and prints its memory and the bytes that it read. Two JVMs, so that the
 * writing is not counted. Run by tools/benchmarks/load-checkpoint.
 */
final class LoadModelMain {
  private static final String BERT_BASE =
      "{\"model_type\": \"bert\", \"hidden_size\": 768, \"num_hidden_layers\": 12,"
          + " \"num_attention_heads\": 12, \"intermediate_size\": 3072, \"vocab_size\": 30522,"
          + " \"max_position_embeddings\": 512, \"type_vocab_size\": 2, \"id2label\": {\"0\": \"no\","
          + " \"1\": \"yes\"}}";

  private LoadModelMain() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[1]);
    if (args[0].equals("write")) {
      write(folder);
    } else {
      load(folder);
    }
  }

  private static void write(Path folder) {
    try (SequenceClassifier model =
        SequenceClassifier.fromScratch(ModelConfig.parse(BERT_BASE), 1)) {
      ModelFiles files = model.toFiles(PretrainedModel.open("minilm-l6", hadoop()).tokenizer());
      HuggingFaceFolder.write(
          files,
          model.config().inputs(),
          new org.apache.hadoop.fs.Path(folder.toString()),
          hadoop());
    }
  }

  private static void load(Path folder) throws IOException {
    // libtorch itself, and a first tensor.
    SequenceClassifier.fromScratch(
            ModelConfig.parse(BERT_BASE.replace("30522", "9").replace("12,", "1,")), 1)
        .close();
    PretrainedModel pretrained = PretrainedModel.open(folder.toString(), hadoop());
    ModelConfig config = ModelConfig.parse(pretrained.config());
    double file = Files.size(folder.resolve("model.safetensors")) / 1e6;
    double before = megabytes("VmRSS:");
    long bytesBefore = bytesRead();
    long start = System.nanoTime();
    try (TensorSource weights = pretrained.openWeights();
        SequenceClassifier model = SequenceClassifier.fromPretrained(config, weights, 1)) {
      double seconds = (System.nanoTime() - start) / 1e9;
      double read = (bytesRead() - bytesBefore) / 1e6;
      double peak = megabytes("VmHWM:");
      System.out.printf(
          "model.safetensors %.1f MB, read %.1f MB (%.4f times) in %.1f s%n",
          file, read, read / file, seconds);
      System.out.printf(
          "process before %.0f MB, peak %.0f MB: %.0f MB more, %.2f times the file (all of the"
              + " process: %.2f times), %d weights%n",
          before,
          peak,
          peak - before,
          (peak - before) / file,
          peak / file,
          model.parameters().tensors().size());
    }
  }

  private static Configuration hadoop() {
    return new Configuration(false);
  }

  private static long bytesRead() {
    return FileSystem.getGlobalStorageStatistics().get("file").getLong("bytesRead");
  }

  private static double megabytes(String field) throws IOException {
    List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
    String line = status.stream().filter(l -> l.startsWith(field)).findFirst().orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
  }
}
