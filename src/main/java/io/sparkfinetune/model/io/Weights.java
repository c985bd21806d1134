package io.sparkfinetune.model.io;

import io.sparkfinetune.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * A model's weights, matched by name and shape with what the model expects, then read.
 *
 * <p>Names match without regard to the prefix of the part that they were saved from: a classifier's
 * {@code bert.encoder...}, a bare encoder's {@code encoder...} and a sentence encoder's {@code
 * auto_model.encoder...} are the same weight, and so are the {@code LayerNorm.gamma} and {@code
 * LayerNorm.beta} of checkpoints that came from TensorFlow.
 *
 * @param tensors by the expected names, in the order of the file; fp32, contiguous, on the CPU;
 *     owned by the caller (see {@link TensorSource#read})
 * @param missing optional weights that the source lacks or has in another shape, by the expected
 *     names: they need a fresh initialisation
 * @param unexpected names of the source's tensors that nothing asked for
 */
public record Weights(Map<String, Tensor> tensors, List<String> missing, List<String> unexpected) {
  private static final int LISTED = 10;

  /** What a part of a model was called in the module that was saved. */
  private static final List<String> PREFIXES =
      List.of("module.", "0.", "auto_model.", "model.", "bert.");

  /** Index buffers that older versions of transformers saved; they are no weights. */
  private static final List<String> BUFFERS =
      List.of("embeddings.position_ids", "embeddings.token_type_ids");

  /**
   * Checks all names, types and shapes, and only then reads.
   *
   * @param expected the shape of each of the model's weights, by name, with or without prefix
   * @param optional says which of the expected names the source may lack or have in another shape:
   *     those of a fresh head
   * @throws UserException when a weight is missing, has another shape, or is not floating-point
   */
  public static Weights load(
      TensorSource source, Map<String, long[]> expected, Predicate<String> optional) {
    Map<String, String> stored = canonical(source.tensors().keySet(), source.name());
    Map<String, String> wanted = canonical(expected.keySet(), "the model");
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    Map<String, String> expectedByStored = new LinkedHashMap<>();
    wanted.forEach(
        (canonical, name) -> {
          String found = stored.get(canonical);
          if (found == null) {
            missing.add(name);
          } else if (!Arrays.equals(source.tensors().get(found).dims(), expected.get(name))) {
            misshapen.add(name);
          } else {
            expectedByStored.put(found, name);
          }
        });
    requireOptional(missing, optional, expected.size(), source);
    requireOptionalShapes(misshapen, optional, expected, stored, source);
    expectedByStored
        .keySet()
        .forEach(
            name ->
                NativeTensors.requireWeight(
                    source.tensors().get(name).dtype(), name, source.name()));

    missing.addAll(misshapen);
    List<String> unexpected =
        stored.entrySet().stream()
            .filter(e -> !wanted.containsKey(e.getKey()) && !BUFFERS.contains(e.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    return new Weights(read(source, expectedByStored), List.copyOf(missing), unexpected);
  }

  /** The name of a weight without what depends on the module that it was saved from. */
  static String canonicalName(String name) {
    String rest = name;
    for (String prefix : PREFIXES) {
      if (rest.startsWith(prefix)) {
        rest = rest.substring(prefix.length());
      }
    }
    return rest.replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias");
  }

  private static Map<String, String> canonical(Collection<String> names, String owner) {
    Map<String, String> byCanonical = new LinkedHashMap<>();
    for (String name : names) {
      String other = byCanonical.put(canonicalName(name), name);
      if (other != null) {
        throw new UserException(
            owner + ": tensors '" + other + "' and '" + name + "' are the same weight.");
      }
    }
    return byCanonical;
  }

  private static void requireOptional(
      List<String> missing, Predicate<String> optional, int expected, TensorSource source) {
    List<String> needed = missing.stream().filter(optional.negate()).toList();
    if (!needed.isEmpty()) {
      throw new UserException(
          source.name()
              + ": "
              + needed.size()
              + " of the "
              + expected
              + " weights that the model needs are missing: "
              + listed(needed)
              + ". Check that config.json belongs to these weights; the file has: "
              + listed(source.tensors().keySet())
              + ".");
    }
  }

  private static void requireOptionalShapes(
      List<String> misshapen,
      Predicate<String> optional,
      Map<String, long[]> expected,
      Map<String, String> stored,
      TensorSource source) {
    List<String> needed = misshapen.stream().filter(optional.negate()).toList();
    if (!needed.isEmpty()) {
      String tensors =
          listed(
              needed.stream()
                  .map(
                      name -> {
                        String found = stored.get(canonicalName(name));
                        return "tensor '"
                            + found
                            + "' has shape "
                            + source.tensors().get(found).shape()
                            + ", the model's configuration says "
                            + Arrays.toString(expected.get(name));
                      })
                  .toList());
      throw new UserException(
          source.name() + ": " + tensors + ". Check that config.json belongs to these weights.");
    }
  }

  private static String listed(Collection<String> names) {
    String first = names.stream().limit(LISTED).collect(Collectors.joining(", "));
    return names.size() <= LISTED ? first : first + " and " + (names.size() - LISTED) + " more";
  }

  private static Map<String, Tensor> read(TensorSource source, Map<String, String> expectedNames) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      for (String stored : source.tensors().keySet()) {
        String name = expectedNames.get(stored);
        if (name != null) {
          tensors.put(name, source.read(stored));
        }
      }
      return tensors;
    } catch (RuntimeException e) {
      tensors.values().forEach(Tensor::close);
      throw e;
    }
  }
}
