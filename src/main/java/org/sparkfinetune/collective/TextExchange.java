package org.sparkfinetune.collective;

import java.util.List;

/** Spreads one worker's text to all: what {@code BarrierTaskContext.allGather} does. */
@FunctionalInterface
public interface TextExchange {
  /** Gives this worker's text and takes those of all, by rank. */
  List<String> allGather(String own);
}
