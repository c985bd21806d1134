package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code runs} takes. */
public record RunsArguments(
    @Key(
            doc =
                "A folder with journals, or with the output folders of jobs. When not set, the"
                    + " tracking server of tracking.uri; without one, the folder runs.",
            defaultValue = "")
        String source,
    @Key(
            doc =
                "Shows one run: its id, the beginning of it, or its name. When not set, the runs are"
                    + " listed.",
            defaultValue = "")
        String show,
    @Key(
            doc =
                "Compares runs: their ids, beginnings of them, or names, with commas between. When"
                    + " not set, the runs are listed.",
            defaultValue = "")
        String compare,
    @Key(
            doc =
                "A file to write the run of show, or the runs of compare, to as a page with charts."
                    + " When not set, none.",
            defaultValue = "")
        String html,
    @Key(doc = "Lists the runs of one experiment. When not set, of all.", defaultValue = "")
        String experiment,
    @Key(
            doc = "Lists the runs that stand so.",
            defaultValue = "any",
            choices = {"any", "running", "finished", "failed", "killed"})
        String status,
    @Key(
            doc =
                "What the list is sorted by: start (the newest first), name, or a metric (the best"
                    + " first; of an evaluation that of the kept weights).",
            defaultValue = "start")
        String sortBy,
    @Key(
            doc =
                "Metrics and parameters that the list shows, with commas between. When not set,"
                    + " those that say most, as many as fit.",
            defaultValue = "")
        String columns,
    @Key(doc = "How many runs are listed at most.", defaultValue = "50", min = 1) int max) {
  static final Schema<RunsArguments> SCHEMA = Schema.of("", RunsArguments.class);
}
