package org.sparkfinetune.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.HubId;
import org.sparkfinetune.hub.HubRepository;
import org.sparkfinetune.hub.HubSettings;
import org.sparkfinetune.hub.RepoType;
import org.sparkfinetune.hub.TransferListener;

/**
 * The rows of a split of a data set of the Hugging Face hub, as Parquet files on this host's disk:
 * the Hub's own conversion, in the branch {@value #CONVERSION}, or the Parquet files of another
 * revision.
 *
 * @param pinned the location with the commit, the configuration and the split: it means the same
 *     rows for ever
 * @param files in their order
 */
public record HubRows(String pinned, List<Path> files) {
  private static final Logger LOG = LoggerFactory.getLogger(HubRows.class);

  /** The branch that the Hub keeps for each data set that it can read. */
  private static final String CONVERSION = "refs/convert/parquet";

  /** As the Hub lays its conversion out; of what is too large it converts the first part alone. */
  private static final Pattern CONVERTED =
      Pattern.compile("([^/]+)/(partial-)?([^/]+)/(\\d+)\\.parquet");

  /** As authors lay out their own, in {@code data} or in a folder for each configuration. */
  private static final Pattern OWN =
      Pattern.compile("(?:([^/]+)/)?([\\w.+]+?)-(\\d+)-of-(\\d+)(?:-[0-9a-f]+)?\\.parquet");

  private static final String DEFAULT = "default";
  private static final String ONLY_FOLDER = "data";

  /** What the splits are called elsewhere, the most usual first. */
  private static final Map<String, List<String>> NAMES =
      Map.of(
          Split.TRAIN, List.of("train"),
          Split.VALIDATION, List.of("validation", "valid", "val", "dev"),
          Split.TEST, List.of("test"));

  /** Keeps a copy of the files. */
  public HubRows {
    files = List.copyOf(files);
  }

  /**
   * Fetches rows into the cache that Python shares, unless they are there.
   *
   * @param location {@code hf://datasets/org/name}, with {@code @revision}, a configuration and a
   *     split behind it where they are not the only ones
   * @param split that is meant where the location names none; empty for the only one
   * @param hadoop in which the variables of {@link HubSettings} may be set
   * @return empty when the location is none of the Hub's
   * @throws UserException when there are no such rows, or they cannot be had
   */
  public static Optional<HubRows> fetch(
      String location, Optional<String> split, Configuration hadoop, TransferListener listener) {
    if (!HubId.isUri(location)) {
      return Optional.empty();
    }
    try {
      return Optional.of(fetchUri(location, split, hadoop, listener));
    } catch (UserException e) {
      String message = e.getMessage();
      throw message.startsWith(location) ? e : new UserException(location + ": " + message, e);
    }
  }

  private static HubRows fetchUri(
      String location, Optional<String> split, Configuration hadoop, TransferListener listener) {
    HubId id = HubId.parse(location);
    HubSettings settings =
        HubSettings.of(
            name -> {
              String set = hadoop.getRaw(name);
              return set != null ? set : System.getenv(name);
            });
    if (id.type() != RepoType.DATASET) {
      throw new UserException(
          location + " is a model: expected rows, as hf://datasets/" + id.name());
    }
    HubId asked = id.revision().isEmpty() ? id.at(CONVERSION) : id;
    Optional<HubRepository> here =
        id.isPinned() && id.parts().size() == 2
            ? HubRepository.cached(id, location, settings)
            : Optional.empty();
    if (here.isPresent()) {
      Optional<HubRows> whole =
          Optional.ofNullable(
                  configurations(here.get())
                      .getOrDefault(id.parts().get(0), new TreeMap<>())
                      .get(id.parts().get(1)))
              .filter(Shards::isWhole)
              .map(shards -> rows(id, here.get(), shards, listener));
      if (whole.isPresent()) {
        return whole.get();
      }
    }
    HubRepository repository = HubRepository.open(asked, location, settings);
    return choose(asked, split, repository, listener);
  }

  /** The files of a split by their number. */
  private static final class Shards {
    private final TreeMap<Integer, String> files = new TreeMap<>();
    private int said;
    private boolean partial;

    /**
     * Whether none is missing, as far as files tell: they are fetched from the last to the first,
     * so that those of a transfer that was cut do not begin with the first.
     */
    boolean isWhole() {
      return files.firstKey() == 0
          && files.lastKey() == files.size() - 1
          && (said == 0 || said == files.size());
    }
  }

  private static HubRows choose(
      HubId id, Optional<String> split, HubRepository repository, TransferListener listener) {
    Map<String, TreeMap<String, Shards>> all = configurations(repository);
    if (all.isEmpty()) {
      throw repository.because(
          "it has no Parquet files at the revision %s: expected the Hub's conversion (%s), or files such as data/train-00000-of-00001.parquet; else download its files and give their path"
              .formatted(id.revision(), CONVERSION));
    }
    String configuration =
        id.parts().isEmpty()
            ? only(all.keySet(), DEFAULT)
                .orElseThrow(
                    () ->
                        repository.because(
                            "it has several configurations: name one of them, as %s (it has %s)"
                                .formatted(
                                    id.with(List.of(all.keySet().iterator().next())),
                                    listed(all.keySet()))))
            : id.parts().get(0);
    TreeMap<String, Shards> splits = all.get(configuration);
    if (splits == null) {
      throw repository.because(
          "it has no configuration %s: expected one of %s"
              .formatted(configuration, listed(all.keySet())));
    }
    String chosen =
        id.parts().size() == 2
            ? id.parts().get(1)
            : split
                .map(name -> named(name, splits.keySet()))
                .orElseGet(() -> only(splits.keySet(), ""))
                .orElseThrow(
                    () ->
                        repository.because(
                            "it has no split %s: name one of %s behind it, as %s"
                                .formatted(
                                    split.orElse("that is the only one"),
                                    listed(splits.keySet()),
                                    id.with(List.of(configuration, splits.firstKey())))));
    Shards shards = splits.get(chosen);
    if (shards == null) {
      throw repository.because(
          "it has no split %s in %s: expected one of %s"
              .formatted(chosen, configuration, listed(splits.keySet())));
    }
    if (!shards.isWhole()) {
      throw repository.because(
          "of %s/%s some files are missing (there are %d): run again when the Hub can be reached"
              .formatted(configuration, chosen, shards.files.size()));
    }
    if (shards.partial) {
      LOG.warn(
          "{}: the Hub has converted the first part of its rows alone, as it is too large; to train on"
              + " all of them, download its files and give their path",
          id);
    }
    return rows(
        repository.pinned().with(List.of(configuration, chosen)), repository, shards, listener);
  }

  private static HubRows rows(
      HubId pinned, HubRepository repository, Shards shards, TransferListener listener) {
    List<String> lastFirst = new ArrayList<>(shards.files.descendingMap().values());
    Path snapshot = repository.fetch(lastFirst, listener);
    return new HubRows(
        pinned.toString(), shards.files.values().stream().map(snapshot::resolve).toList());
  }

  /** The files by configuration, split and number. */
  private static Map<String, TreeMap<String, Shards>> configurations(HubRepository repository) {
    Map<String, TreeMap<String, Shards>> all = new TreeMap<>();
    for (String name : repository.names()) {
      Matcher converted = CONVERTED.matcher(name);
      Matcher own = OWN.matcher(name);
      if (converted.matches()) {
        Shards shards = shards(all, converted.group(1), converted.group(3));
        shards.files.put(Integer.parseInt(converted.group(4)), name);
        shards.partial = converted.group(2) != null;
      } else if (own.matches()) {
        String folder = own.group(1);
        boolean unnamed = folder == null || folder.equals(ONLY_FOLDER);
        Shards shards = shards(all, unnamed ? DEFAULT : folder, own.group(2));
        shards.files.put(Integer.parseInt(own.group(3)), name);
        shards.said = Integer.parseInt(own.group(4));
      }
    }
    return all;
  }

  private static Shards shards(
      Map<String, TreeMap<String, Shards>> all, String configuration, String split) {
    return all.computeIfAbsent(configuration, name -> new TreeMap<>())
        .computeIfAbsent(split, name -> new Shards());
  }

  private static Optional<String> only(Set<String> names, String preferred) {
    return names.contains(preferred)
        ? Optional.of(preferred)
        : names.size() == 1 ? Optional.of(names.iterator().next()) : Optional.empty();
  }

  private static Optional<String> named(String split, Set<String> names) {
    return NAMES.getOrDefault(split, Collections.singletonList(split)).stream()
        .filter(names::contains)
        .findFirst();
  }

  private static String listed(Set<String> names) {
    return new TreeSet<>(names).stream().limit(20).collect(Collectors.joining(", "));
  }
}
