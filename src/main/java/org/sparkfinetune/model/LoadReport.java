package org.sparkfinetune.model;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.model.io.StateDictMatcher;

/**
 * What of a pretrained model a classifier did not take, or took nothing for. Weights that start
 * afresh because the user asked for it are not in it.
 *
 * @param freshHead the head's weights that started afresh, as the pretrained model has none for
 *     them
 * @param unusedHead as in {@link StateDictMatcher#unusedHead}
 * @param unusedEncoder as in {@link StateDictMatcher#unusedEncoder}
 */
@PublicApi
public record LoadReport(
    List<String> freshHead, List<String> unusedHead, List<String> unusedEncoder)
    implements Serializable {
  /** The report of a classifier whose weights all start afresh, or all were taken. */
  static final LoadReport NOTHING = new LoadReport(List.of(), List.of(), List.of());

  /** The report in lines for the user; none when all of the pretrained model was taken. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (!freshHead.isEmpty()) {
      lines.add("Head starts fresh: " + StateDictMatcher.listed(freshHead));
    }
    if (!unusedHead.isEmpty()) {
      lines.add(
          "Not used, of the pretrained model's heads: " + StateDictMatcher.listed(unusedHead));
    }
    if (!unusedEncoder.isEmpty()) {
      lines.add(
          "Not used, of the pretrained model's encoder (does config.json belong to it?): "
              + StateDictMatcher.listed(unusedEncoder));
    }
    return lines;
  }
}
