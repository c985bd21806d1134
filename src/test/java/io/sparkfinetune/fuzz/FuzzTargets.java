package io.sparkfinetune.fuzz;

import java.util.List;

/** The kinds of files that are tried. */
final class FuzzTargets {
  static final List<FuzzTarget> ALL = List.of(new TokenizerTarget());

  private FuzzTargets() {}

  static FuzzTarget named(String name) {
    return ALL.stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    name + " is none of " + ALL.stream().map(FuzzTarget::name).toList()));
  }
}
