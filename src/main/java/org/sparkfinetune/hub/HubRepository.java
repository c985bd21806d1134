package org.sparkfinetune.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;

/** One repository of the Hub at one commit, whose files are fetched into the cache. */
public final class HubRepository {
  private static final Logger LOG = LoggerFactory.getLogger(HubRepository.class);

  private final HubId id;
  private final HubSettings settings;
  private final HubHttp http;
  private final HubCache cache;
  private final String commit;
  private final Set<String> names;
  private final boolean online;

  private HubRepository(
      HubId id,
      HubSettings settings,
      HubHttp http,
      HubCache cache,
      String commit,
      Set<String> names,
      boolean online) {
    this.id = id;
    this.settings = settings;
    this.http = http;
    this.cache = cache;
    this.commit = commit;
    this.names = names;
    this.online = online;
  }

  /**
   * Asks the Hub which commit a revision is, and which files it has. Offline, and where the Hub
   * does not answer, it is what the cache has, if anything.
   *
   * @param subject what the user has named, which begins every complaint
   * @throws UserException when there is no such repository or revision, it may not be read, or it
   *     cannot be had
   */
  public static HubRepository open(HubId id, String subject, HubSettings settings) {
    HubHttp http = new HubHttp(settings, id, subject);
    HubCache cache = new HubCache(settings.cache(), id);
    if (settings.offline()) {
      return ofCache(id, settings, http, cache)
          .orElseThrow(
              () ->
                  http.errors()
                      .because(
                          "it is not in the cache %s, and HF_HUB_OFFLINE=1 says not to ask the Hub: unset that, or fetch it first"
                              .formatted(settings.cache())));
    }
    try {
      JsonNode info =
          http.get(
              "/api/%s/%s/revision/%s"
                  .formatted(
                      id.type().plural(),
                      id.name(),
                      HubHttp.encoded(HubCache.revision(id)).replace("/", "%2F")));
      String commit = info.path("sha").asText();
      if (!HubId.isCommit(commit)) {
        throw http.errors().noHub("it does not say which commit it is", null);
      }
      Set<String> names = new TreeSet<>();
      for (JsonNode sibling : info.path("siblings")) {
        names.add(sibling.path("rfilename").asText());
      }
      cache.remember(id, commit);
      return new HubRepository(id, settings, http, cache, commit, names, true);
    } catch (HubUnavailableException e) {
      HubRepository here = ofCache(id, settings, http, cache).orElseThrow(() -> e);
      LOG.warn("{}; the commit {} of the cache is used", e.getMessage(), here.commit);
      return here;
    } catch (IOException e) {
      throw notKept(http, settings, e);
    }
  }

  /**
   * What the cache has of a commit, without asking anybody.
   *
   * @param id with a commit for its revision
   */
  public static Optional<HubRepository> cached(HubId id, String subject, HubSettings settings) {
    return ofCache(
        id, settings, new HubHttp(settings, id, subject), new HubCache(settings.cache(), id));
  }

  private static Optional<HubRepository> ofCache(
      HubId id, HubSettings settings, HubHttp http, HubCache cache) {
    try {
      Optional<String> commit = cache.commit(id);
      Set<String> names = commit.isEmpty() ? Set.of() : cache.names(commit.get());
      return names.isEmpty()
          ? Optional.empty()
          : Optional.of(new HubRepository(id, settings, http, cache, commit.get(), names, false));
    } catch (IOException e) {
      throw notKept(http, settings, e);
    }
  }

  private static UserException notKept(HubHttp http, HubSettings settings, IOException e) {
    return http.errors()
        .because(
            "the cache %s cannot be used (%s): name another folder by HF_HOME"
                .formatted(settings.cache(), e),
            e);
  }

  /** The commit, 40 hexadecimal digits. */
  public String commit() {
    return commit;
  }

  /** The id with the commit for its revision, which means the same files for ever. */
  public HubId pinned() {
    return id.at(commit);
  }

  /** The paths of its files; of one that comes from the cache alone, of those that are there. */
  public Set<String> names() {
    return Collections.unmodifiableSet(names);
  }

  /** Whether the commit is known to have no such file. */
  public boolean isKnownMissing(String name) {
    return online ? !names.contains(name) : cache.isKnownMissing(commit, name);
  }

  /** A complaint of this repository. */
  public UserException because(String what) {
    return http.errors().because(what);
  }

  /**
   * Fetches files, unless they are there.
   *
   * @param wanted some of {@link #names}, in the order in which they are fetched
   * @return the folder in the cache that has them under their names
   * @throws UserException when one cannot be had whole
   */
  public Path fetch(Collection<String> wanted, TransferListener listener) {
    Path snapshot = cache.snapshot(commit);
    try {
      List<HubFile> files = new ArrayList<>();
      for (String name : wanted) {
        Path pointer = pointer(snapshot, name);
        if (!Files.isRegularFile(pointer)) {
          if (!online) {
            throw because(
                "%s is not in the cache %s, and the Hub is not asked or does not answer"
                    .formatted(name, settings.cache()));
          }
          URI address =
              http.at(
                  "/%s%s/resolve/%s/%s"
                      .formatted(id.type().prefix(), id.name(), commit, HubHttp.encoded(name)));
          files.add(HubFile.of(name, pointer, http.head(address), http.errors()));
        }
      }
      download(files, listener);
      return snapshot;
    } catch (IOException e) {
      throw notKept(http, settings, e);
    }
  }

  private void download(List<HubFile> files, TransferListener listener) throws IOException {
    long total = files.stream().mapToLong(HubFile::size).sum();
    HubDownload download = new HubDownload(http, cache, settings);
    long before = 0;
    for (HubFile file : files) {
      long start = before;
      LOG.info("fetching {} of {} ({} bytes)", file.name(), pinned(), file.size());
      download.fetch(file, done -> listener.transferred(id.name(), start + done, total));
      before += file.size();
    }
  }

  private Path pointer(Path snapshot, String name) {
    Path pointer = snapshot.resolve(name).normalize();
    if (name.isEmpty() || !pointer.startsWith(snapshot) || pointer.equals(snapshot)) {
      throw because("it has a file whose name leads out of its folder: " + name);
    }
    return pointer;
  }

  /** Notes, for Python and for the next time, which of some names the commit has no file of. */
  public void rememberMissing(Collection<String> candidates) {
    if (!online) {
      return;
    }
    try {
      for (String name : candidates) {
        if (!names.contains(name)) {
          cache.rememberMissing(commit, name);
        }
      }
    } catch (IOException e) {
      throw notKept(http, settings, e);
    }
  }
}
