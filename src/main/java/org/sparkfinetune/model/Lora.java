package org.sparkfinetune.model;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.UserException;

/**
 * Low-rank adaptation (Hu et al., 2021), as PEFT does it: the encoder keeps the checkpoint's
 * weights, and to its targeted linear layers a product of two small matrices is added, which is
 * trained, with the head.
 *
 * @param rank the inner dimension of the two matrices
 * @param alpha their product is scaled by {@code alpha / rank}
 * @param dropout the probability of dropout on their input
 * @param targets module names or the ends of some, {@code query} for {@code
 *     bert.encoder.layer.0.attention.self.query}; {@link #ALL_LINEAR} alone for every linear layer
 *     of the encoder; {@link #AUTO} alone for the family's usual ones
 * @param keepAdapter whether the adapter is kept as a file of its own beside the merged weights
 * @param base what the adapter's file names as its base model
 */
public record Lora(
    int rank, int alpha, double dropout, List<String> targets, boolean keepAdapter, String base) {
  /** PEFT's word for every linear layer but the head's. */
  static final String ALL_LINEAR = "all-linear";

  /** The family's usual targets. */
  static final String AUTO = "auto";

  /** What PEFT calls the two matrices in a module. */
  static final String A = "lora_A";

  static final String B = "lora_B";

  /**
   * Gives the targeted modules their adapters.
   *
   * @param usual the family's usual targets
   * @throws UserException when a target matches no module; the message lists the modules
   */
  void attach(ParameterSet parameters, List<String> usual) {
    List<Linear> encoder =
        parameters.linears().stream()
            .filter(linear -> !parameters.isHead(linear.weight().name()))
            .toList();
    List<Linear> targeted = targeted(encoder, targets.equals(List.of(AUTO)) ? usual : targets);
    for (Linear linear : targeted) {
      linear.adapt(parameters.scope(linear.name(), linear.weight().depth()), this);
    }
  }

  private static List<Linear> targeted(List<Linear> modules, List<String> targets) {
    if (targets.equals(List.of(ALL_LINEAR))) {
      return modules;
    }
    for (String target : targets) {
      if (modules.stream().noneMatch(module -> matches(module.name(), target))) {
        throw new UserException(
            "model.lora_target_modules: "
                + (target.isEmpty() ? "an empty name" : target)
                + " matches no linear layer of the encoder. Expected "
                + ALL_LINEAR
                + " or ends of these names: "
                + String.join(", ", names(modules)));
      }
    }
    return modules.stream()
        .filter(module -> targets.stream().anyMatch(target -> matches(module.name(), target)))
        .toList();
  }

  /** Whether a target names a module: PEFT's rule. */
  static boolean matches(String module, String target) {
    return module.equals(target) || module.endsWith("." + target);
  }

  /** The modules' names, those that differ by the number of their layer once. */
  private static List<String> names(List<Linear> modules) {
    List<String> names = new ArrayList<>();
    for (Linear module : modules) {
      String name = module.name().replaceAll("\\.\\d+\\.", ".*.");
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return names;
  }
}
