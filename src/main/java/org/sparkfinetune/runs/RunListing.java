package org.sparkfinetune.runs;

import java.util.List;
import java.util.OptionalInt;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.text.TextTable;
import org.sparkfinetune.track.RunSnapshot;

/** Runs in an order, each one's children below it, and their table. */
@PublicApi
public final class RunListing {
  /**
   * Which runs are listed, and how.
   *
   * @param experiment its name; empty for those of all
   * @param status {@code any}, {@code running}, {@code finished}, {@code failed} or {@code killed}
   * @param sortBy {@code start} (the newest first), {@code name} or a metric (the best first; of an
   *     evaluation that of the kept weights)
   * @param columns metrics and parameters that are shown; empty for those that say most
   * @param max how many at most
   */
  @PublicApi
  public record Query(
      String experiment, String status, String sortBy, List<String> columns, int max) {
    /** The newest runs, so many at most. */
    public static Query newest(int max) {
      return new Query("", RunSource.ANY, RunTree.START, List.of(), max);
    }

    /** The same, sorted by something else. */
    public Query sortedBy(String other) {
      return new Query(experiment, status, other, columns, max);
    }
  }

  private final List<RunSnapshot> runs;
  private final boolean more;
  private final TextTable table;

  private RunListing(List<RunSnapshot> runs, boolean more, TextTable table) {
    this.runs = runs;
    this.more = more;
    this.table = table;
  }

  static RunListing of(RunSource source, Query query) {
    // A list by anything else than time needs all of them.
    boolean newest = query.sortBy().equals(RunTree.START);
    List<RunSnapshot> found =
        source.list(
            query.experiment(), query.status(), newest ? query.max() + 1 : Integer.MAX_VALUE);
    List<RunTree.Entry> entries = RunTree.sorted(found, query.sortBy());
    List<RunTree.Entry> shown = entries.subList(0, Math.min(query.max(), entries.size()));
    return new RunListing(
        shown.stream().map(RunTree.Entry::run).toList(),
        shown.size() < entries.size(),
        new RunList(shown).table(query.columns(), query.sortBy()));
  }

  /** The runs, in their order. */
  public List<RunSnapshot> runs() {
    return runs;
  }

  /** Whether there are more than were asked for. */
  public boolean hasMore() {
    return more;
  }

  /**
   * The table as text.
   *
   * @param width in characters, for which columns are left out; empty for no limit
   */
  public String text(OptionalInt width) {
    return table.render(width);
  }

  /** The columns that {@link #text} leaves out for want of room. */
  public List<String> hidden(OptionalInt width) {
    return table.hidden(width);
  }

  @Override
  public String toString() {
    return text(OptionalInt.empty());
  }
}
