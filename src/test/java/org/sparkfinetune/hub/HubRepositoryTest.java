package org.sparkfinetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.UserException;

/** Downloads from a hub over sockets, whatever goes wrong on the way. */
@Tag("slow")
class HubRepositoryTest {
  private static final String ID = "hf://org/name";
  private static final byte[] WEIGHTS = new byte[3_000_000];
  private static final byte[] CONFIG =
      "{\"model_type\": \"bert\"}".getBytes(StandardCharsets.UTF_8);

  static {
    new Random(7).nextBytes(WEIGHTS);
  }

  @TempDir Path home;
  private FakeHub hub;
  private String commit;

  @BeforeEach
  void start() throws IOException {
    hub = FakeHub.start();
    commit =
        hub.commit("org/name", "main", Map.of("config.json", CONFIG, "model.safetensors", WEIGHTS));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private HubSettings settings(String... more) {
    Map<String, String> environment =
        new HashMap<>(Map.of("HF_ENDPOINT", hub.endpoint(), "HF_HOME", home.toString()));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return HubSettings.of(environment::get);
  }

  private Path fetch(HubSettings settings) {
    HubRepository repository = HubRepository.open(HubId.parse(ID), ID, settings);
    return repository.fetch(repository.names(), TransferListener.NONE);
  }

  private Path repository() {
    return home.resolve("hub/models--org--name");
  }

  private void assertWhole(Path snapshot) {
    assertThat(snapshot.resolve("config.json")).hasBinaryContent(CONFIG);
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
  }

  private List<String> blobs() throws IOException {
    try (Stream<Path> found = Files.list(repository().resolve("blobs"))) {
      return found.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theCacheIsLaidOutAsPythonsAndNothingIsFetchedTwice() throws IOException {
    Path snapshot = fetch(settings("HF_TOKEN", FakeHub.TOKEN));
    assertWhole(snapshot);
    assertThat(snapshot).isEqualTo(repository().resolve("snapshots").resolve(commit));
    assertThat(Files.readString(repository().resolve("refs/main"))).isEqualTo(commit);
    assertThat(Files.readSymbolicLink(snapshot.resolve("model.safetensors")))
        .hasToString("../../blobs/" + FakeHub.sha256(WEIGHTS));
    assertThat(blobs()).hasSize(2).contains(FakeHub.sha256(WEIGHTS));
    assertThat(home.resolve("hub/.locks/models--org--name/" + FakeHub.sha256(WEIGHTS) + ".lock"))
        .exists();
    assertThat(hub.paths(true, "GET")).hasSize(1);
    assertThat(hub.secretsAtStore()).isEmpty();
    assertThat(hub.seen().stream().filter(request -> !request.store()))
        .allMatch(request -> ("Bearer " + FakeHub.TOKEN).equals(request.authorization()));

    hub.forget();
    assertWhole(fetch(settings()));
    assertThat(hub.paths(true, "GET")).isEmpty();
    assertThat(hub.paths(false, "HEAD")).isEmpty();
  }

  @Test
  void anotherCommitFetchesWhatIsNewAlone() throws IOException {
    fetch(settings());
    hub.forget();
    byte[] changed = "{\"model_type\": \"roberta\"}".getBytes(StandardCharsets.UTF_8);
    String next =
        hub.commit(
            "org/name", "main", Map.of("config.json", changed, "model.safetensors", WEIGHTS));
    Path snapshot = fetch(settings());
    assertThat(snapshot.resolve("config.json")).hasBinaryContent(changed);
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    assertThat(hub.paths(true, "GET")).isEmpty();
    assertThat(Files.readString(repository().resolve("refs/main"))).isEqualTo(next);
    assertWhole(repository().resolve("snapshots").resolve(commit));
  }

  @Test
  void aTransferThatIsCutGoesOnWhereItWas() throws IOException {
    hub.fail("GET /blobs/", 2, FakeHub.cutAfter(1_000_000));
    List<Long> progress = new ArrayList<>();
    HubRepository repository = HubRepository.open(HubId.parse(ID), ID, settings());
    Path snapshot = repository.fetch(repository.names(), (what, done, total) -> progress.add(done));
    assertWhole(snapshot);
    List<String> ranges =
        hub.seen().stream().filter(FakeHub.Seen::store).map(FakeHub.Seen::range).toList();
    assertThat(ranges).hasSize(3);
    assertThat(ranges.get(0)).isNull();
    assertThat(ranges.subList(1, 3)).allMatch(range -> range.matches("bytes=[1-9]\\d*-"));
    assertThat(blobs()).hasSize(2);
    assertThat(progress).isSorted().endsWith((long) WEIGHTS.length + CONFIG.length);
  }

  @Test
  void aPartOfAnEarlierProcessIsGoneOnWith() throws IOException {
    Path blobs = Files.createDirectories(repository().resolve("blobs"));
    Files.write(
        blobs.resolve(FakeHub.sha256(WEIGHTS) + ".java.incomplete"),
        java.util.Arrays.copyOf(WEIGHTS, 2_000_000));
    assertWhole(fetch(settings()));
    assertThat(hub.seen()).anyMatch(request -> "bytes=2000000-".equals(request.range()));
  }

  @Test
  void aDamagedPartIsFetchedAnew() throws IOException {
    Path blobs = Files.createDirectories(repository().resolve("blobs"));
    Files.write(blobs.resolve(FakeHub.sha256(WEIGHTS) + ".java.incomplete"), new byte[2_000_000]);
    assertWhole(fetch(settings()));
  }

  @Test
  void contentOfAnotherHashIsNeverKept() throws IOException {
    byte[] wrong = WEIGHTS.clone();
    wrong[1234]++;
    hub.fail(
        "GET /blobs/",
        1,
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, wrong.length);
          exchange.getResponseBody().write(wrong);
          return true;
        });
    assertThatThrownBy(() -> fetch(settings()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(ID + ": model.safetensors came damaged (its hash is ")
        .hasMessageContaining("run again");
    assertThat(blobs()).doesNotContain(FakeHub.sha256(WEIGHTS)).hasSize(1);
    assertWhole(fetch(settings()));
  }

  @Test
  void aStoreThatSendsNothingMoreIsGivenUpAndGoneOnWith() {
    hub.fail(
        "GET /blobs/",
        1,
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 500_000);
          exchange.getResponseBody().flush();
          try {
            Thread.sleep(20_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return true;
        });
    long start = System.nanoTime();
    assertWhole(fetch(settings("HF_HUB_DOWNLOAD_TIMEOUT", "1")));
    assertThat((System.nanoTime() - start) * 1e-9).isLessThan(15);
  }

  @Test
  void aPauseThatIsAskedForIsMade() {
    hub.fail("GET /api/", 2, FakeHub.status(429, "Retry-After", "1"));
    hub.fail("GET /blobs/", 1, FakeHub.status(503, "X", "x"));
    long start = System.nanoTime();
    assertWhole(fetch(settings()));
    assertThat((System.nanoTime() - start) * 1e-9).isGreaterThan(2);
  }

  @Test
  void aPauseThatIsTooLongIsTold() {
    hub.fail("GET /api/", 1, FakeHub.status(429, "Retry-After", "900"));
    assertThatThrownBy(() -> fetch(settings()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            ID
                + ": "
                + hub.endpoint()
                + ": it asks for a pause of 900 seconds (429, too many requests): try again then,"
                + " or set HF_TOKEN, with which it allows more");
  }

  @Test
  void whatMayNotBeReadIsToldWithTheCure() {
    hub.restrict("org/name", true);
    assertThatThrownBy(() -> fetch(settings()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            ID
                + ": its authors give access to this model: accept their conditions at "
                + hub.endpoint()
                + "/org/name, and set HF_TOKEN to a token of the account that has");
    assertWhole(fetch(settings("HF_TOKEN", FakeHub.TOKEN)));
    assertThat(hub.secretsAtStore()).isEmpty();
  }

  @Test
  void aPrivateOneLooksLikeNoneToStrangers() {
    hub.restrict("org/name", false);
    assertThatThrownBy(() -> fetch(settings()))
        .hasMessage(
            ID
                + ": there is no such model at "
                + hub.endpoint()
                + ", or it is private: check the name, or set HF_TOKEN to a token that may read it");
    assertThatThrownBy(() -> fetch(settings("HF_TOKEN", "hf_ofSomebodyElseOfTheWorld")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not accept the token of HF_TOKEN")
        .hasMessageNotContaining("hf_of");
    assertWhole(fetch(settings("HF_TOKEN", FakeHub.TOKEN)));
  }

  @Test
  void whatIsNotThereIsTold() {
    assertThatThrownBy(
            () -> HubRepository.open(HubId.parse("hf://org/none"), "hf://org/none", settings()))
        .hasMessageStartingWith("hf://org/none: there is no such model at " + hub.endpoint());
    String uri = "hf://org/name@v9";
    assertThatThrownBy(() -> HubRepository.open(HubId.parse(uri), uri, settings()))
        .hasMessage(
            uri
                + ": there is no revision v9 of it: expected a branch, a tag or a commit of "
                + hub.endpoint()
                + "/org/name");
  }

  @Test
  void offlineTheCacheIsAllThereIs() {
    assertThatThrownBy(() -> fetch(settings("HF_HUB_OFFLINE", "1")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            ID
                + ": it is not in the cache "
                + home.resolve("hub")
                + ", and HF_HUB_OFFLINE=1 says not to ask the Hub: unset that, or fetch it first");
    assertThat(hub.seen()).isEmpty();
    fetch(settings());
    hub.forget();
    assertWhole(fetch(settings("HF_HUB_OFFLINE", "1")));
    assertThat(hub.seen()).isEmpty();
  }

  @Test
  void aHubThatIsAwayCostsNothingThatIsHere() {
    fetch(settings());
    HubSettings before = settings();
    hub.close();
    assertWhole(fetch(before));
    String other = "hf://org/other";
    assertThatThrownBy(() -> HubRepository.open(HubId.parse(other), other, before))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(other + ": " + before.endpoint() + " cannot be reached")
        .hasMessageContaining("hf download org/other")
        .hasMessageContaining(home.resolve("hub").toString());
  }

  @Test
  void aSlowHubIsNotWaitedForWithoutEnd() {
    hub.fail(
        "GET /api/",
        9,
        (exchange, content) -> {
          try {
            Thread.sleep(10_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return true;
        });
    long start = System.nanoTime();
    assertThatThrownBy(() -> fetch(settings("HF_HUB_ETAG_TIMEOUT", "1")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not answer in time");
    assertThat((System.nanoTime() - start) * 1e-9).isLessThan(8);
  }

  @Test
  void aServerThatIsNoHubIsTold() {
    hub.fail(
        "GET /api/",
        1,
        (exchange, content) -> {
          byte[] page = "<html>log in</html>".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          return true;
        });
    assertThatThrownBy(() -> fetch(settings()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not answer as a hub does (its answer is no JSON)");
  }

  /** As of a repository that was renamed, and from a hub that would have the token elsewhere. */
  @Test
  void redirectsAreFollowedAndTakeNoTokenAlong() throws IOException {
    HubSettings settings = settings("HF_TOKEN", FakeHub.TOKEN);
    try (FakeHub other = FakeHub.start()) {
      other.commit("org/name", "main", Map.of("config.json", CONFIG, "model.safetensors", WEIGHTS));
      hub.fail(
          "GET /api/models/org/name",
          1,
          FakeHub.status(307, "Location", other.endpoint() + "/api/models/org/name/revision/main"));
      assertWhole(fetch(settings));
      assertThat(other.seen()).isNotEmpty().allMatch(request -> request.authorization() == null);
    }
    hub.fail(
        "GET /api/models/org/name",
        1,
        FakeHub.status(307, "Location", "/api/models/org/renamed/revision/main"));
    hub.commit("org/renamed", "main", Map.of("config.json", CONFIG, "model.safetensors", WEIGHTS));
    hub.forget();
    assertWhole(fetch(settings));
    assertThat(hub.seen())
        .allMatch(request -> ("Bearer " + FakeHub.TOKEN).equals(request.authorization()));
  }

  @Test
  void namesThatLeadOutOfTheCacheAreRefused() {
    hub.commit("org/evil", "main", Map.of("../../../evil.json", CONFIG));
    HubRepository repository =
        HubRepository.open(HubId.parse("hf://org/evil"), "hf://org/evil", settings());
    assertThatThrownBy(() -> repository.fetch(repository.names(), TransferListener.NONE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("leads out of its folder");
    hub.fail(
        "HEAD /org/name/resolve/",
        1,
        (exchange, content) -> {
          exchange.getResponseHeaders().set("ETag", "\"../../evil\"");
          exchange.getResponseHeaders().set("Content-Length", "1");
          exchange.sendResponseHeaders(200, -1);
          return true;
        });
    assertThatThrownBy(() -> fetch(settings()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not say the hash and the size");
  }

  @Test
  void threadsThatAskAtOnceFetchOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Path>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        tasks.add(() -> fetch(settings()));
      }
      for (Future<Path> future : threads.invokeAll(tasks)) {
        assertWhole(future.get());
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(hub.paths(true, "GET")).hasSize(1);
  }

  @Test
  void processesThatAskAtOnceFetchOnce() throws Exception {
    // So long that both have come before one has ended.
    hub.fail(
        "GET /blobs/",
        1,
        (exchange, content) -> {
          long start = System.nanoTime();
          while (hub.paths(false, "HEAD").size() < 4 && System.nanoTime() - start < 60e9) {
            java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
          }
          return false;
        });
    Map<String, String> environment =
        Map.of(
            "HF_ENDPOINT", hub.endpoint(),
            "HF_HOME", home.toString(),
            "HF_HUB_DOWNLOAD_TIMEOUT", "90");
    try (ChildJvm one =
            ChildJvm.start("one", HubFetchMain.class, List.of(), List.of(ID), environment, home);
        ChildJvm two =
            ChildJvm.start("two", HubFetchMain.class, List.of(), List.of(ID), environment, home)) {
      for (ChildJvm process : List.of(one, two)) {
        assertThat(process.awaitSuccess(Duration.ofMinutes(2))).contains("fetched ");
      }
    }
    assertWhole(repository().resolve("snapshots").resolve(commit));
    assertThat(hub.paths(true, "GET")).hasSize(1);
  }

  /** A kill in the middle costs what was under way, and spoils nothing. */
  @Test
  void aKilledProcessLeavesAPartToGoOnWith() throws Exception {
    hub.fail(
        "GET /blobs/",
        1,
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 1_500_000);
          exchange.getResponseBody().flush();
          java.util.concurrent.locks.LockSupport.parkNanos(60_000_000_000L);
          return true;
        });
    Path partial = repository().resolve("blobs/" + FakeHub.sha256(WEIGHTS) + ".java.incomplete");
    Map<String, String> environment =
        Map.of(
            "HF_ENDPOINT", hub.endpoint(),
            "HF_HOME", home.toString(),
            "HF_HUB_DOWNLOAD_TIMEOUT", "90");
    try (ChildJvm process =
        ChildJvm.start("killed", HubFetchMain.class, List.of(), List.of(ID), environment, home)) {
      assertThat(
              ChildJvm.waitUntil(
                  () -> partial.toFile().length() >= 1_000_000, Duration.ofMinutes(1)))
          .isTrue();
    }
    assertThat(repository().resolve("snapshots").resolve(commit).resolve("model.safetensors"))
        .doesNotExist();
    assertWhole(fetch(settings()));
    assertThat(hub.seen())
        .anyMatch(request -> String.valueOf(request.range()).matches("bytes=1[0-5]\\d{5}-"));
  }
}
