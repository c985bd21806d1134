package org.sparkfinetune.model.adapt;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.encoder.AdaptableLayer;
import org.sparkfinetune.model.encoder.LoraAdapter;
import org.sparkfinetune.model.encoder.ParameterSet;

/**
 * Low-rank adaptation (Hu et al., 2021), as PEFT does it: the encoder keeps the pretrained model's
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
  private static final String A = "lora_A";

  private static final String B = "lora_B";

  /**
   * Gives the targeted modules their adapters.
   *
   * @param usual the family's usual targets
   * @throws UserException when a target matches no module; the message lists the modules
   */
  void attach(ParameterSet parameters, List<String> usual) {
    List<AdaptableLayer> encoder =
        parameters.linears().stream()
            .filter(linear -> !parameters.isHead(linear.weight().name()))
            .toList();
    List<AdaptableLayer> targeted =
        targeted(encoder, targets.equals(List.of(AUTO)) ? usual : targets);
    for (AdaptableLayer linear : targeted) {
      linear.adapt(adapter(parameters.scope(linear.name(), linear.weight().depth()), linear));
    }
  }

  /** Declares an adapter's weights, under PEFT's names. */
  private LoraAdapter adapter(ParameterSet.Scope module, AdaptableLayer linear) {
    long[] outIn = linear.weight().tensor().shape();
    return new LoraAdapter(
        module.child(A).parameter("weight", Parameter.Init.KAIMING_UNIFORM, rank, outIn[1]),
        module.child(B).parameter("weight", Parameter.Init.ZEROS, outIn[0], rank),
        (double) alpha / rank,
        dropout);
  }

  private static List<AdaptableLayer> targeted(List<AdaptableLayer> modules, List<String> targets) {
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
  private static List<String> names(List<AdaptableLayer> modules) {
    List<String> names = new ArrayList<>();
    for (AdaptableLayer module : modules) {
      String name = module.name().replaceAll("\\.\\d+\\.", ".*.");
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return names;
  }
}
