package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.HubId;
import org.sparkfinetune.hub.HubRepository;
import org.sparkfinetune.hub.HubSettings;
import org.sparkfinetune.hub.RepoType;
import org.sparkfinetune.hub.TransferListener;
import org.sparkfinetune.storage.HostCache;

/**
 * Fetches models of the Hugging Face hub, {@code hf://org/name}, {@code hf://org/name@revision} or
 * {@code org/name}, into the cache that Python shares.
 *
 * <p>Each variable of the environment that {@link HubSettings} reads may also be set in Hadoop's
 * configuration, and so in Spark's session, by its own name: that wins, as a notebook cannot change
 * the environment of its driver.
 */
public final class HubModelResolver implements ModelResolver {
  private static final String VIEWS = "hub";

  private final Map<String, String> environment;

  /** With this process's environment. */
  public HubModelResolver() {
    this(System.getenv());
  }

  HubModelResolver(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Set<String> schemes() {
    return Set.of(HubId.SCHEME);
  }

  @Override
  public boolean takes(String name) {
    return HubId.isBare(name);
  }

  @Override
  public Path resolve(String uri, Configuration settings, TransferListener listener) {
    HubId id = HubId.parse(uri);
    String subject =
        HubId.isUri(uri)
            ? uri
            : uri + " (no file or folder here, so an id of the Hugging Face hub)";
    if (id.type() != RepoType.MODEL) {
      throw new UserException(subject + ": expected a model's id, as hf://ORG/NAME");
    }
    try {
      HubSettings hub = settings(settings, environment);
      Optional<HubRepository> here =
          id.isPinned() ? HubRepository.cached(id, subject, hub) : Optional.empty();
      HubRepository repository =
          here.filter(HubModelResolver::isWhole)
              .orElseGet(() -> HubRepository.open(id, subject, hub));
      return view(repository, fetch(repository, listener), hub);
    } catch (UserException e) {
      String message = e.getMessage();
      throw message.startsWith(uri) ? e : new UserException(uri + ": " + message, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How the hub is reached. */
  public static HubSettings settings(Configuration hadoop, Map<String, String> environment) {
    return HubSettings.of(
        name -> {
          String set = hadoop.getRaw(name);
          return set != null ? set : environment.get(name);
        });
  }

  /** Whether nothing more of a commit can be wanted: each file is there, or known not to be. */
  private static boolean isWhole(HubRepository cached) {
    Set<String> names = cached.names();
    Optional<String> weights = HuggingFaceFolder.weightsOf(names);
    return weights.isPresent()
        && HuggingFaceFolder.KNOWN_WEIGHTS.stream()
            .takeWhile(better -> !better.equals(weights.get()))
            .allMatch(cached::isKnownMissing)
        && HuggingFaceFolder.besideWeights(names).stream()
            .allMatch(name -> names.contains(name) || cached.isKnownMissing(name))
        && (!weights.get().endsWith(".json")
            || names.containsAll(
                shards(
                    cached
                        .fetch(List.of(weights.get()), TransferListener.NONE)
                        .resolve(weights.get()))));
  }

  /** The names of the files that a model is read from, which are in the cache then. */
  private record Fetched(Path snapshot, List<String> names) {}

  private static Fetched fetch(HubRepository repository, TransferListener listener) {
    Set<String> names = repository.names();
    List<String> looked = HuggingFaceFolder.besideWeights(names);
    List<String> wanted = new ArrayList<>(looked.stream().filter(names::contains).toList());
    names.stream().filter(name -> name.matches("[^/]+\\.model")).forEach(wanted::add);
    Optional<String> weights = HuggingFaceFolder.weightsOf(names);
    if (weights.isEmpty() && !names.contains(AdapterFiles.CONFIG)) {
      throw repository.because(
          "it has no weights that are read: expected one of %s; it has %s"
              .formatted(
                  String.join(", ", HuggingFaceFolder.KNOWN_WEIGHTS),
                  names.isEmpty() ? "no files" : String.join(", ", names)));
    }
    Path snapshot = repository.fetch(wanted, listener);
    if (weights.isPresent()) {
      List<String> parts = parts(weights.get(), names, repository, listener);
      repository.fetch(parts, listener);
      wanted.addAll(parts);
    }
    List<String> absent = new ArrayList<>(looked);
    absent.addAll(HuggingFaceFolder.KNOWN_WEIGHTS);
    repository.rememberMissing(absent);
    return new Fetched(snapshot, wanted);
  }

  /** The files of the weights: shards by their index, and what an ONNX file keeps outside. */
  private static List<String> parts(
      String weights, Set<String> names, HubRepository repository, TransferListener listener) {
    List<String> parts = new ArrayList<>(List.of(weights));
    if (weights.endsWith(".json")) {
      Path index = repository.fetch(parts, listener).resolve(weights);
      for (String shard : shards(index)) {
        if (!names.contains(shard)) {
          throw repository.because(
              "its %s names a shard %s, which it does not have".formatted(weights, shard));
        }
        parts.add(shard);
      }
    } else if (weights.endsWith(".onnx")) {
      names.stream()
          .filter(name -> name.startsWith(weights) && name.length() > weights.length())
          .forEach(parts::add);
    }
    return parts;
  }

  private static Set<String> shards(Path index) {
    try {
      return ShardedWeights.tensorsByShard(
              new org.apache.hadoop.fs.Path(index.toUri()), new Configuration(false))
          .keySet();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A folder of links to the files of a snapshot that are needed: Python may have fetched the
   * weights of other frameworks beside them, which executors are not to be sent.
   */
  private static Path view(HubRepository repository, Fetched fetched, HubSettings hub)
      throws IOException {
    String place = hub.cache().toAbsolutePath() + " " + fetched.names();
    Path target =
        HostCache.subfolder(VIEWS)
            .resolve(repository.pinned().name().replace("/", "--"))
            .resolve(UUID.nameUUIDFromBytes(place.getBytes(StandardCharsets.UTF_8)).toString())
            .resolve(repository.commit());
    if (Files.isDirectory(target)) {
      return target;
    }
    Path part = Files.createTempDirectory(HostCache.subfolder(VIEWS), "part-");
    try {
      for (String name : fetched.names()) {
        Path link = part.resolve(name);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, fetched.snapshot().resolve(name));
      }
      Files.createDirectories(target.getParent());
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Another process was faster.
      if (!Files.isDirectory(target)) {
        throw e;
      }
    } finally {
      FileUtils.deleteQuietly(part.toFile());
    }
    return target;
  }

  @Override
  public String pinned(String uri, Path folder) {
    return HubId.parse(uri).at(folder.getFileName().toString()).toString();
  }
}
