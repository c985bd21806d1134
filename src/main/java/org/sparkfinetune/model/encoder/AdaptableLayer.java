package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.Parameter;

/** A layer that an adapter may be added to. */
public interface AdaptableLayer {
  /** The module's name, as in {@code bert.encoder.layer.0.attention.self.query}. */
  String name();

  /** Its own weight, {@code [out, in]}. */
  Parameter weight();

  /** The adapter, or null. */
  LoraAdapter adapter();

  /** Adds an adapter. */
  void adapt(LoraAdapter adapter);
}
