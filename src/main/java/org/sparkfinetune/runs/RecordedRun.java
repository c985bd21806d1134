package org.sparkfinetune.runs;

import java.util.List;
import java.util.Optional;
import org.sparkfinetune.PublicApi;

/**
 * Where the record of a run is.
 *
 * @param id the run's own, as the journal and {@link Runs} name it
 * @param journal the folder of its journal, on the driver's disk
 * @param address of the run on the tracking server; empty without one
 * @param notes what should be known of the record, a line each: what is not delivered yet, or was
 *     refused, with what to do about it
 */
@PublicApi
public record RecordedRun(String id, String journal, Optional<String> address, List<String> notes) {
  /** Keeps a copy of the notes. */
  public RecordedRun {
    notes = List.copyOf(notes);
  }
}
