package org.sparkfinetune.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A hub that speaks the protocol over sockets, and beside it, on another port, the store that it
 * redirects to. It tells what it was asked, and fails as it is told to.
 */
public final class FakeHub implements AutoCloseable {
  /** What opens private and gated repositories, and lets one write. */
  public static final String TOKEN = "hf_TestTestTestTestTestTestTestTest12";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Pattern RESOLVE =
      Pattern.compile("/((?:datasets/)?[^/]+(?:/[^/]+)?)/resolve/([^/]+)/(.+)");
  private static final Pattern INFO =
      Pattern.compile("/api/(models|datasets)/([^/]+(?:/[^/]+)?)/revision/(.+)");
  private static final Pattern PREUPLOAD =
      Pattern.compile("/api/models/([^/]+/[^/]+)/(preupload|commit)/main");
  private static final Pattern BATCH =
      Pattern.compile("/([^/]+/[^/]+)\\.git/info/lfs/objects/batch");

  /** One request. */
  public record Seen(
      boolean store, String method, String path, String authorization, String range) {}

  /** Does something else than to answer; false answers as usual. */
  public interface Fault {
    /** Answers, or does not. */
    boolean instead(HttpExchange exchange, byte[] content) throws IOException;
  }

  /** A repository; its commits by their hash, and what revisions are. */
  private static final class Repository {
    private final Map<String, Map<String, byte[]>> commits = new ConcurrentHashMap<>();
    private final Map<String, String> refs = new ConcurrentHashMap<>();
    private volatile boolean gated;
    private volatile boolean hidden;
  }

  private record Planned(Pattern path, Fault fault, int[] times) {}

  private final HttpServer hub;
  private final HttpServer storeServer;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Repository> repositories = new ConcurrentHashMap<>();
  private final FakeStore store;
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final List<Planned> faults = new CopyOnWriteArrayList<>();

  private FakeHub(HttpServer hub, HttpServer storeServer) {
    this.hub = hub;
    this.storeServer = storeServer;
    this.store = new FakeStore(address(storeServer));
  }

  /** Starts both. */
  public static FakeHub start() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    FakeHub fake = new FakeHub(HttpServer.create(any, 0), HttpServer.create(any, 0));
    for (HttpServer server : List.of(fake.hub, fake.storeServer)) {
      server.setExecutor(fake.threads);
      server.createContext("/", fake::answer);
      server.start();
    }
    return fake;
  }

  /** What {@code HF_ENDPOINT} is to say. */
  public String endpoint() {
    return address(hub);
  }

  private static String address(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /**
   * Commits files.
   *
   * @param repository {@code org/name}, or {@code datasets/org/name}
   * @return the commit
   */
  public String commit(String repository, String revision, Map<String, byte[]> files) {
    Repository to = repositories.computeIfAbsent(repository, name -> new Repository());
    MessageDigest digest = Answers.digest("SHA-1");
    new TreeMap<>(files)
        .forEach(
            (name, content) -> {
              digest.update(name.getBytes(StandardCharsets.UTF_8));
              digest.update(content);
            });
    String commit = HexFormat.of().formatHex(digest.digest());
    to.commits.put(commit, new TreeMap<>(files));
    to.refs.put(revision, commit);
    return commit;
  }

  /** Commits the files of a folder. */
  public String commit(String repository, Path folder) throws IOException {
    return commit(repository, "main", files(folder));
  }

  /** The files of a folder by their paths in it. */
  public static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  /** The files of the newest commit of {@code main}; empty when there is no such repository. */
  public Map<String, byte[]> main(String repository) {
    Repository from = repositories.get(repository);
    return from == null || !from.refs.containsKey("main")
        ? Map.of()
        : from.commits.get(from.refs.get("main"));
  }

  /** Has a repository ask for its authors' consent, or be private. */
  public void restrict(String repository, boolean gated) {
    repositories.get(repository).gated = gated;
    repositories.get(repository).hidden = !gated;
  }

  /** Whether a repository is private; of one that was made by the API. */
  public boolean isPrivate(String repository) {
    return repositories.get(repository).hidden;
  }

  /** Has uploads of more bytes come in parts. */
  public void splitUploads(int bytes) {
    store.splitUploads(bytes);
  }

  /** Has requests of paths go wrong, so many times. */
  public void fail(String path, int times, Fault fault) {
    faults.add(new Planned(Pattern.compile(path), fault, new int[] {times}));
  }

  /** An answer of a status, with a header. */
  public static Fault status(int status, String header, String value) {
    return (exchange, content) -> {
      exchange.getResponseHeaders().set(header, value);
      Answers.send(
          exchange, status, "{\"error\": \"as the test has it\"}".getBytes(StandardCharsets.UTF_8));
      return true;
    };
  }

  /** A connection that ends after some bytes. */
  public static Fault cutAfter(int bytes) {
    return (exchange, content) -> {
      int from = Answers.from(exchange);
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
      exchange.getResponseBody().write(content, from, Math.min(bytes, content.length - from));
      exchange.getResponseBody().flush();
      exchange.close();
      return true;
    };
  }

  /** What was asked so far. */
  public List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** The paths that the store, or the hub, was asked for by a method. */
  public List<String> paths(boolean ofStore, String method) {
    return seen.stream()
        .filter(request -> request.store() == ofStore && request.method().equals(method))
        .map(Seen::path)
        .toList();
  }

  /** Forgets what was asked. */
  public void forget() {
    seen.clear();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean ofStore = exchange.getLocalAddress().getPort() == storeServer.getAddress().getPort();
      String path = exchange.getRequestURI().getPath();
      seen.add(
          new Seen(
              ofStore,
              exchange.getRequestMethod(),
              path,
              exchange.getRequestHeaders().getFirst("Authorization"),
              exchange.getRequestHeaders().getFirst("Range")));
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (ofStore) {
        answerAsStore(exchange, path, body);
      } else {
        answerAsHub(exchange, path, body);
      }
    } catch (IOException e) {
      // The client has gone, as some tests have it.
    }
  }

  private boolean fails(HttpExchange exchange, String path, byte[] content) throws IOException {
    for (Planned planned : faults) {
      boolean hit = planned.path().matcher(exchange.getRequestMethod() + " " + path).find();
      if (hit && planned.times()[0] > 0) {
        planned.times()[0]--;
        return planned.fault().instead(exchange, content);
      }
    }
    return false;
  }

  private void answerAsStore(HttpExchange exchange, String path, byte[] body) throws IOException {
    if (!fails(exchange, path, store.content(path, body))) {
      store.answer(exchange, path, body);
    }
  }

  private void answerAsHub(HttpExchange exchange, String path, byte[] body) throws IOException {
    Matcher info = INFO.matcher(path);
    Matcher resolve = RESOLVE.matcher(path);
    Matcher upload = PREUPLOAD.matcher(path);
    Matcher batch = BATCH.matcher(path);
    if (resolve.matches()) {
      resolve(exchange, resolve.group(1), resolve.group(2), resolve.group(3));
    } else if (fails(exchange, path, body)) {
      return;
    } else if (info.matches()) {
      String type = info.group(1).equals("models") ? "" : "datasets/";
      info(exchange, type + info.group(2), info.group(3));
    } else if (path.equals("/api/repos/create")) {
      create(exchange, JSON.readTree(body));
    } else if (upload.matches() && mayWrite(exchange, upload.group(1))) {
      if (upload.group(2).equals("commit")) {
        commit(exchange, upload.group(1), body);
      } else {
        preupload(exchange, JSON.readTree(body));
      }
    } else if (batch.matches() && mayWrite(exchange, batch.group(1))) {
      Answers.json(exchange, store.batch(endpoint(), JSON.readTree(body)));
    } else if (path.startsWith("/verify/") || path.startsWith("/complete/")) {
      Answers.send(exchange, 200, new byte[0]);
    } else {
      Answers.error(exchange, 404, "RepoNotFound", "Repository not found");
    }
  }

  private void info(HttpExchange exchange, String name, String revision) throws IOException {
    Repository repository = allowed(exchange, name, false);
    if (repository == null) {
      return;
    }
    String commit = repository.refs.getOrDefault(revision, revision);
    if (!repository.commits.containsKey(commit)) {
      Answers.error(exchange, 404, "RevisionNotFound", "Invalid rev id: " + revision);
      return;
    }
    ObjectNode json = JSON.createObjectNode().put("id", name.replaceFirst("^datasets/", ""));
    json.put("_id", "1").put("private", false).put("downloads", 0).put("likes", 0);
    json.put("gated", false).put("disabled", false).put("sha", commit).putArray("tags");
    json.putArray("siblings");
    repository
        .commits
        .get(commit)
        .keySet()
        .forEach(file -> json.withArray("siblings").addObject().put("rfilename", file));
    Answers.json(exchange, json);
  }

  /** Large files lie in the store, as do weights and Parquet. */
  private static boolean isLarge(String file) {
    return file.matches(".*\\.(safetensors|bin|onnx|parquet|h5|msgpack)");
  }

  private void resolve(HttpExchange exchange, String name, String revision, String file)
      throws IOException {
    Repository repository = allowed(exchange, name, true);
    if (repository == null) {
      return;
    }
    String commit = repository.refs.getOrDefault(revision, revision);
    byte[] content = repository.commits.getOrDefault(commit, Map.of()).get(file);
    exchange.getResponseHeaders().set("X-Repo-Commit", commit);
    if (content == null) {
      Answers.error(exchange, 404, "EntryNotFound", "Entry not found");
      return;
    }
    if (fails(exchange, exchange.getRequestURI().getPath(), content)) {
      return;
    }
    if (isLarge(file)) {
      String hash = store.put(content);
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + hash + "\"");
      exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
      exchange.getResponseHeaders().set("ETag", "\"of-the-redirect\"");
      exchange.getResponseHeaders().set("Location", store.address() + "/blobs/" + hash);
      exchange.sendResponseHeaders(302, -1);
      return;
    }
    exchange.getResponseHeaders().set("ETag", "W/\"" + Answers.gitHash(content) + "\"");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      Answers.sendFrom(exchange, content);
    }
  }

  /** The repository, unless the one who asks may not see it, which he is told then. */
  private Repository allowed(HttpExchange exchange, String name, boolean files) throws IOException {
    Repository repository = repositories.get(name);
    boolean known = isKnown(exchange);
    if (repository == null || repository.hidden && !known) {
      // As the Hub does: a stranger is not told which repositories there are.
      Answers.error(
          exchange, known ? 404 : 401, known ? "RepoNotFound" : "", "Repository not found");
      return null;
    }
    if (repository.gated && files && !known) {
      Answers.error(exchange, 401, "GatedRepo", "Access to this model is restricted.");
      return null;
    }
    return repository;
  }

  private static boolean isKnown(HttpExchange exchange) {
    return ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private boolean mayWrite(HttpExchange exchange, String name) throws IOException {
    if (!isKnown(exchange)) {
      Answers.error(exchange, 403, "", "You have no right to write here");
      return false;
    }
    return repositories.containsKey(name);
  }

  private void create(HttpExchange exchange, JsonNode body) throws IOException {
    String name = body.path("organization").asText() + "/" + body.path("name").asText();
    if (!isKnown(exchange)) {
      Answers.error(exchange, 401, "", "Invalid credentials in Authorization header");
    } else if (repositories.containsKey(name)) {
      Answers.error(exchange, 409, "", "You already created this model repo");
    } else {
      Repository made = new Repository();
      made.hidden = body.path("private").asBoolean();
      repositories.put(name, made);
      Answers.json(exchange, JSON.createObjectNode().put("url", endpoint() + "/" + name));
    }
  }

  private static void preupload(HttpExchange exchange, JsonNode body) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    for (JsonNode file : body.path("files")) {
      String path = file.path("path").asText();
      json.withArray("files")
          .addObject()
          .put("path", path)
          .put("uploadMode", isLarge(path) ? "lfs" : "regular")
          .put("shouldIgnore", false);
    }
    Answers.json(exchange, json);
  }

  private void commit(HttpExchange exchange, String name, byte[] body) throws IOException {
    Map<String, byte[]> files = new TreeMap<>(main(name));
    for (String line : new String(body, StandardCharsets.UTF_8).split("\n")) {
      JsonNode entry = JSON.readTree(line);
      JsonNode value = entry.path("value");
      String path = value.path("path").asText();
      if (entry.path("key").asText().equals("file")) {
        files.put(path, Base64.getDecoder().decode(value.path("content").asText()));
      } else if (entry.path("key").asText().equals("lfsFile")) {
        byte[] content = store.get(value.path("oid").asText());
        if (content == null || !Answers.sha256(content).equals(value.path("oid").asText())) {
          Answers.error(exchange, 400, "", "the store lacks " + path);
          return;
        }
        files.put(path, content);
      }
    }
    String commit = commit(name, "main", files);
    Answers.json(
        exchange,
        JSON.createObjectNode()
            .put("commitOid", commit)
            .put("commitUrl", endpoint() + "/" + name + "/commit/" + commit));
  }

  /** The hash of a large file. */
  public static String sha256(byte[] content) {
    return Answers.sha256(content);
  }

  /** All headers that the store was sent which may tell a secret. */
  public List<String> secretsAtStore() {
    List<String> secrets = new ArrayList<>();
    for (Seen request : seen) {
      if (request.store() && request.authorization() != null) {
        secrets.add(request.method() + " " + request.path());
      }
    }
    return secrets;
  }

  @Override
  public void close() {
    hub.stop(0);
    storeServer.stop(0);
    threads.shutdownNow();
  }
}
