package org.sparkfinetune.study;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.report.StudyReport;
import org.sparkfinetune.report.StudyReportInput;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Importance;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyRunner;
import org.sparkfinetune.tune.Trial;

/** The files about a study in its output, which are there while it goes on as well. */
final class StudyOutput implements StudyRunner.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(StudyOutput.class);

  private static final long EVERY_MILLIS = 5000;

  private final Settings config;
  private final SettingKeys trialKeys;
  private final OutputDirectory output;
  private final Study study;
  private final int slots;
  private final Supplier<Map<Integer, String>> runs;
  private long written;

  /**
   * @param config what is the same in all trials
   * @param trialKeys those of the job that takes {@code best.conf}
   * @param runs where the tracking server shows trials, by number; those known by then
   */
  StudyOutput(
      Settings config,
      SettingKeys trialKeys,
      OutputDirectory output,
      Study study,
      int slots,
      Supplier<Map<Integer, String>> runs) {
    this.config = config;
    this.trialKeys = trialKeys;
    this.output = output;
    this.study = study;
    this.slots = slots;
    this.runs = runs;
  }

  @Override
  public void began(Trial trial) {}

  /** A page that is not written now is written with the next trial. */
  @Override
  public synchronized void ended(FrozenTrial trial, Optional<Objective.Result> result) {
    long now = System.currentTimeMillis();
    if (now - written < EVERY_MILLIS) {
      return;
    }
    written = now;
    writeIfPossible();
  }

  /** As {@link #write}; what cannot be written then is no failure of the study's. */
  void writeIfPossible() {
    try {
      write();
    } catch (IOException | RuntimeException e) {
      LOG.warn("the report of the study cannot be written: {}", e.toString());
    }
  }

  /** Writes the report, and the best setting as far as it is known. */
  synchronized void write() throws IOException {
    Optional<FrozenTrial> best = study.history().best();
    if (best.isPresent()) {
      output.write(OutputFiles.BEST_CONFIG, bestConf(best.get()));
    }
    output.write(OutputFiles.PAGE, StudyReport.html(input()));
  }

  private String bestConf(FrozenTrial best) {
    Set<String> without = new TreeSet<>();
    for (String path : config.values().keySet()) {
      if (path.startsWith("tracking.") || !path.contains(".")) {
        without.add(path);
      }
    }
    without.add("training.resume");
    without.add("training.checkpoint_dir");
    return "# The best setting of the study: trial %s, %s %s.%n"
            .formatted(best.number(), study.plan().objectives().get(0), best.value())
        + config.with(best.params()).forJob(trialKeys, without).toHocon();
  }

  private StudyReportInput input() {
    History history = study.history();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("sampler", config.value("tune.sampler").toString());
    facts.put("pruner", config.value("tune.pruner").toString());
    facts.put("trials at most", String.valueOf(study.limit()));
    if (!config.command().isEmpty()) {
      facts.put("command", config.command());
    }
    Map<String, String> links = new LinkedHashMap<>();
    if (history.best().isPresent()) {
      links.put("best setting", OutputFiles.BEST_CONFIG);
    }
    links.put("all trials", OutputFiles.STUDY);
    return new StudyReportInput(
        study.plan().name(),
        history,
        study.plan().space(),
        study.plan().objectives(),
        Importance.of(history),
        slots,
        System.currentTimeMillis(),
        facts,
        links,
        runs.get());
  }
}
