package org.sparkfinetune.model.io;

import java.net.URL;
import java.util.List;
import java.util.Optional;
import org.sparkfinetune.UserException;

/**
 * A pretrained model that comes in a jar.
 *
 * @param name as users give it
 * @param hubName what the Hugging Face hub calls it
 * @param config the resource of its configuration, beside this class
 * @param tokenizer the resource of its {@code tokenizer.json}, absolute
 * @param weights the resource of its ONNX file, absolute
 */
record BundledModel(String name, String hubName, String config, String tokenizer, String weights) {
  private static final List<BundledModel> ALL =
      List.of(
          new BundledModel(
              "minilm-l6",
              "sentence-transformers/all-MiniLM-L6-v2",
              "minilm-l6.config.json",
              "/all-minilm-l6-v2-tokenizer.json",
              "/all-minilm-l6-v2.onnx"));

  static Optional<BundledModel> named(String name) {
    return ALL.stream().filter(model -> model.name.equals(name)).findFirst();
  }

  /** What users call them. */
  static List<String> names() {
    return ALL.stream().map(BundledModel::name).toList();
  }

  /** Whether the Hugging Face hub calls one of them so. */
  static boolean isOnHubAs(String name) {
    return ALL.stream().anyMatch(model -> model.hubName.equals(name));
  }

  /**
   * One of its resources.
   *
   * @throws UserException when the jar is not there
   */
  URL resource(String path) {
    URL resource = BundledModel.class.getResource(path);
    if (resource == null) {
      throw new UserException(
          "The pretrained model '"
              + name
              + "' is not on the class path: its resource "
              + path
              + " is missing. Use the jar with dependencies, or give a path.");
    }
    return resource;
  }
}
