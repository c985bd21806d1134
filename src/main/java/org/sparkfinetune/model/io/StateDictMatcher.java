package org.sparkfinetune.model.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;

/**
 * A model's weights, matched by name and shape with what the model expects, then read.
 *
 * <p>Names match without regard to the prefix of the part that they were saved from: a classifier's
 * {@code bert.encoder...}, a bare encoder's {@code encoder...} and a sentence encoder's {@code
 * auto_model.encoder...} are the same weight, and so are the {@code LayerNorm.gamma} and {@code
 * LayerNorm.beta} of pretrained models that came from TensorFlow.
 *
 * @param tensors by the expected names, in the order of the file; fp32, contiguous, on the CPU;
 *     owned by the caller (see {@link TensorSource#read})
 * @param missing optional weights that the source lacks or has in another shape, by the expected
 *     names: a head that starts afresh
 * @param unusedHead names of the source's tensors that nothing asked for and that are no part of
 *     the encoder: heads of other tasks, as {@code cls.predictions} and {@code lm_head}, usual in a
 *     pretrained model
 * @param unusedEncoder names of the source's tensors in the modules of the expected encoder that
 *     nothing asked for: as in transformers no error, but a sign that the configuration is not of
 *     these weights, unless it cut the upper layers off on purpose
 */
public record StateDictMatcher(
    Map<String, Tensor> tensors,
    List<String> missing,
    List<String> unusedHead,
    List<String> unusedEncoder) {
  private static final int LISTED = 10;

  /** Characters; a longer name is no weight's. */
  private static final int MAX_NAME = 1000;

  /** What may stand in front of a model in the module that was saved. */
  private static final List<String> WRAPPERS = List.of("module.", "0.", "auto_model.", "model.");

  /**
   * What may stand anywhere in a name: around each module that was compiled, sharded or recomputed
   * by itself.
   */
  private static final Pattern INNER_WRAPPERS =
      Pattern.compile(
          "(?<![^.])(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?:\\.|$)");

  /** Index buffers that older versions of transformers saved; they are no weights. */
  private static final List<String> BUFFERS =
      List.of("embeddings.position_ids", "embeddings.token_type_ids");

  /**
   * Which of a source's tensors are which of a model's weights.
   *
   * @param expectedByStored the expected name of each of the source's tensors that is wanted, in
   *     the order of the model
   * @param missing optional weights that the source lacks or has in another shape, by the expected
   *     names
   * @param unusedHead as in {@link StateDictMatcher#unusedHead}
   * @param unusedEncoder as in {@link StateDictMatcher#unusedEncoder}
   */
  public record Match(
      Map<String, String> expectedByStored,
      List<String> missing,
      List<String> unusedHead,
      List<String> unusedEncoder) {}

  /**
   * Checks all names, types and shapes, and only then reads.
   *
   * @param expected the shape of each of the model's weights, by name; the encoder's with prefix
   * @param prefix the family's {@code base_model_prefix}, as {@code roberta}: what stands before
   *     the encoder's names in a pretrained model with a head
   * @param optional says which of the expected names the source may lack or have in another shape:
   *     those of a fresh head
   * @throws UserException when a weight is missing, has another shape, or is not floating-point
   */
  public static StateDictMatcher load(
      TensorSource source,
      Map<String, long[]> expected,
      String prefix,
      Predicate<String> optional) {
    Match match = match(source, expected, prefix, optional);
    return new StateDictMatcher(
        read(source, match.expectedByStored()),
        match.missing(),
        match.unusedHead(),
        match.unusedEncoder());
  }

  /** Checks all names, types and shapes as {@link #load} does, and reads nothing. */
  public static Match match(
      TensorSource source,
      Map<String, long[]> expected,
      String prefix,
      Predicate<String> optional) {
    Map<String, String> stored = canonical(source.tensors().keySet(), prefix, source.name());
    Map<String, String> wanted = canonical(expected.keySet(), prefix, "the model");
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
    requireOptionalShapes(misshapen, optional, expected, wanted, stored, source);
    expectedByStored
        .keySet()
        .forEach(
            name ->
                NativeTensors.requireWeight(
                    source.tensors().get(name).dtype(), name, source.name()));

    missing.addAll(misshapen);
    // The modules of the encoder: embeddings, encoder, pooler, ...
    Set<String> modules =
        wanted.entrySet().stream()
            .filter(e -> e.getValue().startsWith(prefix + "."))
            .map(e -> module(e.getKey()))
            .collect(Collectors.toSet());
    Map<Boolean, List<String>> unused =
        stored.entrySet().stream()
            .filter(e -> !wanted.containsKey(e.getKey()) && !BUFFERS.contains(e.getKey()))
            .collect(
                Collectors.partitioningBy(
                    e -> modules.contains(module(e.getKey())),
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    return new Match(
        expectedByStored,
        List.copyOf(missing),
        List.copyOf(unused.get(false)),
        List.copyOf(unused.get(true)));
  }

  /** Names for a message, the first {@value #LISTED} of them. */
  public static String listed(Collection<String> names) {
    String first = names.stream().limit(LISTED).collect(Collectors.joining(", "));
    return names.size() <= LISTED ? first : first + " and " + (names.size() - LISTED) + " more";
  }

  /**
   * The name of a weight without what depends on the module that it was saved from, in whatever
   * order and how many times it stands there.
   *
   * @param prefix the family's {@code base_model_prefix}
   */
  static String canonicalName(String name, String prefix) {
    if (name.length() > MAX_NAME) {
      return name;
    }
    String rest = INNER_WRAPPERS.matcher(name).replaceAll("");
    for (String before = ""; !before.equals(rest); ) {
      before = rest;
      for (String wrapper : WRAPPERS) {
        rest = without(wrapper, rest);
      }
      rest = without(prefix + ".", rest);
    }
    return rest.replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias");
  }

  private static String without(String start, String name) {
    return name.startsWith(start) ? name.substring(start.length()) : name;
  }

  private static String module(String canonical) {
    return canonical.substring(0, Math.max(0, canonical.indexOf('.')));
  }

  private static Map<String, String> canonical(
      Collection<String> names, String prefix, String owner) {
    Map<String, String> byCanonical = new LinkedHashMap<>();
    for (String name : names) {
      String other = byCanonical.put(canonicalName(name, prefix), name);
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
      Map<String, String> wanted,
      Map<String, String> stored,
      TensorSource source) {
    String tensors =
        listed(
            wanted.entrySet().stream()
                .filter(e -> misshapen.contains(e.getValue()) && !optional.test(e.getValue()))
                .map(
                    e -> {
                      String found = stored.get(e.getKey());
                      return "tensor '"
                          + found
                          + "' has shape "
                          + source.tensors().get(found).shape()
                          + ", the model's configuration says "
                          + Arrays.toString(expected.get(e.getValue()));
                    })
                .toList());
    if (!tensors.isEmpty()) {
      throw new UserException(
          source.name() + ": " + tensors + ". Check that config.json belongs to these weights.");
    }
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
