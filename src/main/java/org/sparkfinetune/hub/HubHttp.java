package org.sparkfinetune.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sparkfinetune.BuildInfo;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.text.Redaction;

/**
 * Requests to the Hub and to the stores that it redirects to. What is temporary is tried again;
 * what the Hub asks to wait for is waited for, within reason.
 */
final class HubHttp {
  private static final int MOST_REDIRECTS = 5;

  /** Tries of one request, where a server fails or goes away. */
  private static final int TRIES = 4;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  /** What is waited at most, in all, because the Hub asks for it. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

  private static final int LARGEST_JSON = 64 << 20;
  private static final int LARGEST_MESSAGE = 1 << 16;

  private static final Set<Integer> TEMPORARY = Set.of(408, 500, 502, 503, 504);

  /** An upload of this many bytes a second is not too slow. */
  private static final long SLOWEST = 100_000;

  private final HubSettings settings;
  private final HubErrors errors;
  private final HttpClient client;
  private Duration waited = Duration.ZERO;

  /**
   * For one repository.
   *
   * @param subject what the user has named, which begins every complaint
   */
  HubHttp(HubSettings settings, HubId id, String subject) {
    this.settings = settings;
    this.errors = new HubErrors(settings, id, subject);
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(settings.answerTimeout())
            // Followed by the client itself, the token would go to whoever is redirected to.
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(settings.proxies())
            .build();
  }

  /** Complaints of the same repository. */
  HubErrors errors() {
    return errors;
  }

  /** An address at the endpoint. */
  URI at(String path) {
    return URI.create(settings.endpoint() + path);
  }

  /** A path with each of its names as addresses have them. */
  static String encoded(String path) {
    StringBuilder out = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || "-._~/".indexOf(c) >= 0);
      out.append(plain ? String.valueOf(c) : "%%%02X".formatted((int) c));
    }
    return out.toString();
  }

  /** What the API says at a path. */
  JsonNode get(String path) {
    return json(send("GET", at(path), Map.of(), BodyPublishers.noBody(), settings.answerTimeout()));
  }

  /** Tells the API something. */
  JsonNode post(URI address, String contentType, BodyPublisher body) {
    Duration patience =
        settings.answerTimeout().plusSeconds(Math.max(0, body.contentLength()) / SLOWEST);
    return json(
        send(
            "POST",
            address,
            Map.of("Content-Type", contentType, "Accept", "application/json"),
            body,
            // It commits what it has been given before it answers.
            patience.plus(LONGEST_WAIT)));
  }

  /** Makes a repository; one that is there already is none the worse. */
  void create(URI address, String body) {
    Map<String, String> type = Map.of("Content-Type", "application/json");
    close(
        send(
            "POST",
            address,
            type,
            BodyPublishers.ofString(body),
            settings.answerTimeout(),
            Set.of(409)));
  }

  /**
   * What is known of a file.
   *
   * @return an answer that may redirect to where the file lies; never to the same server by a
   *     relative address, which is followed
   */
  HttpResponse<InputStream> head(URI address) {
    HttpResponse<InputStream> response =
        send(
            "HEAD",
            address,
            Map.of("Accept-Encoding", "identity"),
            BodyPublishers.noBody(),
            settings.answerTimeout());
    close(response);
    return response;
  }

  /**
   * Opens a file at a byte, wherever redirects lead. The caller closes the body.
   *
   * @param from the first byte that is wanted; the status is 206 where the answer begins there
   */
  HttpResponse<InputStream> open(URI address, long from) {
    Map<String, String> identity = Map.of("Accept-Encoding", "identity");
    return send(
        "GET",
        address,
        from == 0
            ? identity
            : Map.of("Accept-Encoding", "identity", "Range", "bytes=" + from + "-"),
        BodyPublishers.noBody(),
        settings.downloadTimeout());
  }

  /** Brings bytes to a store, whose address is signed. */
  HttpResponse<InputStream> put(URI address, BodyPublisher body) {
    HttpResponse<InputStream> response =
        send(
            "PUT",
            address,
            Map.of(),
            body,
            settings.downloadTimeout().plusSeconds(body.contentLength() / SLOWEST));
    close(response);
    return response;
  }

  private JsonNode json(HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      byte[] body = in.readNBytes(LARGEST_JSON);
      return body.length == 0 ? HubJson.MAPPER.createObjectNode() : HubJson.MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw errors.noHub("its answer is no JSON", e);
    } catch (IOException e) {
      throw errors.away(e);
    }
  }

  /** Sends a request until it has an answer that is no redirect to be followed. */
  private HttpResponse<InputStream> send(
      String method,
      URI first,
      Map<String, String> headers,
      BodyPublisher body,
      Duration patience) {
    return send(method, first, headers, body, patience, Set.of());
  }

  private HttpResponse<InputStream> send(
      String method,
      URI first,
      Map<String, String> headers,
      BodyPublisher body,
      Duration patience,
      Set<Integer> accepted) {
    URI address = first;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      HttpResponse<InputStream> response =
          answered(method, address, headers, body, patience, accepted);
      Optional<URI> target = target(method, response);
      if (target.isEmpty()) {
        return response;
      }
      close(response);
      address = target.get();
    }
    throw errors.noHub("it redirects without end, last to " + HubErrors.shown(address), null);
  }

  /**
   * Where to go on. A POST or PUT that is redirected is none of the Hub's; a HEAD is of interest
   * itself where it redirects elsewhere, as to a store.
   */
  private Optional<URI> target(String method, HttpResponse<InputStream> response) {
    if (response.statusCode() < 300 || response.statusCode() >= 400) {
      return Optional.empty();
    }
    String location = response.headers().firstValue("Location").orElse("");
    if (method.equals("POST") || method.equals("PUT") || location.isEmpty()) {
      throw errors.noHub("it redirects to " + OneLine.of(Redaction.text(location), 200), null);
    }
    try {
      URI target = response.uri().resolve(location);
      if (target.getHost() == null || !target.getScheme().matches("(?i)https?")) {
        throw new IllegalArgumentException(location);
      }
      return method.equals("HEAD") && URI.create(location).isAbsolute()
          ? Optional.empty()
          : Optional.of(target);
    } catch (IllegalArgumentException e) {
      throw errors.noHub("it redirects to no address of the web", e);
    }
  }

  /** The answer to one request, which is tried again while it may help. */
  private HttpResponse<InputStream> answered(
      String method,
      URI address,
      Map<String, String> headers,
      BodyPublisher body,
      Duration patience,
      Set<Integer> accepted) {
    Duration pause = FIRST_PAUSE;
    for (int tries = 1; ; tries++) {
      try {
        HttpResponse<InputStream> response =
            client.send(
                request(method, address, headers, body, patience), BodyHandlers.ofInputStream());
        int status = response.statusCode();
        if (status < 400 || accepted.contains(status)) {
          return response;
        }
        UserException failure = errors.of(response, text(response), settings.isEndpoint(address));
        if (status == 429) {
          wait(HubErrors.retryAfter(response), failure);
        } else if (TEMPORARY.contains(status) && tries < TRIES) {
          sleep(pause);
        } else {
          throw failure;
        }
      } catch (ConnectException | UnresolvedAddressException e) {
        // Nobody is there: that does not pass in a second.
        throw errors.away(e);
      } catch (IOException e) {
        // A slow server was waited for already.
        if (tries == TRIES || e instanceof HttpTimeoutException && tries > 1) {
          throw errors.away(e);
        }
        sleep(pause);
      } catch (InterruptedException e) {
        throw errors.interrupted(e);
      }
      pause = pause.multipliedBy(2);
    }
  }

  private HttpRequest request(
      String method,
      URI address,
      Map<String, String> headers,
      BodyPublisher body,
      Duration patience) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).timeout(patience).method(method, body);
    headers.forEach(request::setHeader);
    request.setHeader(
        "User-Agent",
        "spark-finetune/" + BuildInfo.read().version() + "; java/" + Runtime.version().feature());
    if (settings.isEndpoint(address)) {
      settings.token().ifPresent(token -> request.setHeader("Authorization", "Bearer " + token));
    }
    return request.build();
  }

  private void wait(Duration asked, UserException failure) {
    if (waited.plus(asked).compareTo(LONGEST_WAIT) > 0) {
      throw failure;
    }
    waited = waited.plus(asked);
    sleep(asked);
  }

  private void sleep(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      throw errors.interrupted(e);
    }
  }

  private static String text(HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      return new String(in.readNBytes(LARGEST_MESSAGE), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private static void close(HttpResponse<InputStream> response) {
    try {
      response.body().close();
    } catch (IOException e) {
      // Nothing of it was wanted.
    }
  }
}
