package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.sparkfinetune.text.ConnectionFailure;
import org.sparkfinetune.text.Redaction;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/**
 * Requests to a tracking server. Credentials are MLflow's Java client's; the requests are not, as
 * that has no timeouts, repeats what is refused, holds files in memory, and knows neither aliases
 * nor proxied artifacts nor logged models.
 */
final class MlflowHttp {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final String API = "/api/2.0/mlflow/";

  private static final int LONGEST_MESSAGE = 300;

  /** An upload of this many bytes a second is not too slow. */
  private static final long SLOWEST = 100_000;

  private final MlflowHost host;
  private final HttpClient client;
  private final Duration timeout;

  MlflowHttp(MlflowHost host, Duration connectTimeout, Duration timeout) {
    this.host = host;
    this.timeout = timeout;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(connectTimeout)
            // Followed, a request that changes something would become one that reads.
            .followRedirects(HttpClient.Redirect.NEVER);
    if (host.ignoresTls()) {
      builder.sslContext(trustingAll());
    }
    client = builder.build();
  }

  private static SSLContext trustingAll() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TrustAll()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  String address() {
    return host.address();
  }

  /** Asks; the path is below {@code api/2.0/mlflow}. */
  JsonNode get(String path, Map<String, String> query)
      throws ServerUnavailableException, RejectedException {
    StringJoiner parameters = new StringJoiner("&");
    query.forEach((key, value) -> parameters.add(key + "=" + encoded(value)));
    return json(request(API + path + (query.isEmpty() ? "" : "?" + parameters)).GET());
  }

  JsonNode post(String path, ObjectNode body) throws ServerUnavailableException, RejectedException {
    return send("POST", path, body);
  }

  JsonNode send(String method, String path, ObjectNode body)
      throws ServerUnavailableException, RejectedException {
    return json(
        request(API + path)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  /** What stands at a path of the server, as text. */
  String text(String path) throws ServerUnavailableException, RejectedException {
    return body(request(path).GET());
  }

  /** Sends a file to a path of the server, without holding it in memory. */
  void put(String path, long bytes, Supplier<InputStream> content)
      throws ServerUnavailableException, RejectedException {
    HttpRequest.BodyPublisher publisher =
        bytes == 0
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.fromPublisher(
                HttpRequest.BodyPublishers.ofInputStream(content), bytes);
    body(
        request(path)
            .timeout(timeout.plusSeconds(bytes / SLOWEST))
            .header("Content-Type", "application/octet-stream")
            .PUT(publisher));
  }

  /** Opens what stands at a path of the server. */
  InputStream open(String path) throws ServerUnavailableException, RejectedException {
    HttpResponse<InputStream> response =
        exchange(request(path).GET(), BodyHandlers.ofInputStream());
    if (response.statusCode() >= 300) {
      try (InputStream in = response.body()) {
        throw failure(response, new String(in.readNBytes(1 << 16), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw away(e);
      }
    }
    return response.body();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path) throws ServerUnavailableException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(host.address() + path))
            .timeout(timeout)
            .header("User-Agent", "spark-finetune");
    String authorization = host.authorization();
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return request;
  }

  private JsonNode json(HttpRequest.Builder request)
      throws ServerUnavailableException, RejectedException {
    String body = body(request);
    try {
      return body.isBlank() ? MissingNode.getInstance() : JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new ServerUnavailableException(
          host.address() + " does not answer as an MLflow server: is the address right?",
          Duration.ZERO,
          null);
    }
  }

  private String body(HttpRequest.Builder request)
      throws ServerUnavailableException, RejectedException {
    HttpResponse<String> response = exchange(request, BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw failure(response, response.body());
    }
    return response.body();
  }

  private <T> HttpResponse<T> exchange(HttpRequest.Builder request, HttpResponse.BodyHandler<T> as)
      throws ServerUnavailableException {
    HttpRequest built = request.build();
    CompletableFuture<HttpResponse<T>> response = client.sendAsync(built, as);
    try {
      // The request's own timeout ends with the answer's head: its body may never come.
      return response.get(built.timeout().orElse(timeout).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw away(e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause()));
    } catch (TimeoutException e) {
      response.cancel(true);
      throw away(new IOException("no answer in time", e));
    } catch (InterruptedException e) {
      response.cancel(true);
      Thread.currentThread().interrupt();
      throw new ServerUnavailableException("interrupted", Duration.ZERO, null);
    }
  }

  private ServerUnavailableException away(IOException e) {
    String why = Redaction.text(ConnectionFailure.reason(e));
    return new ServerUnavailableException(
        host.address() + " cannot be reached: " + why, Duration.ZERO, e);
  }

  /** What an answer that is none of success means; away is thrown, refused is returned. */
  private RejectedException failure(HttpResponse<?> response, String body)
      throws ServerUnavailableException {
    int status = response.statusCode();
    JsonNode json = object(body);
    String code = json.path("error_code").asText("");
    String message = shortened(json.path("message").asText(body.replaceAll("<[^>]*>", " ")));
    if (status == 401 || status == 403) {
      host.refresh();
      throw new ServerUnavailableException(
          host.address()
              + " does not let us in ("
              + status
              + "): set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and"
              + " MLFLOW_TRACKING_PASSWORD"
              + (message.isEmpty() ? "" : ". It says: " + message),
          Duration.ZERO,
          null);
    }
    if (status == 429 || status >= 500 || status == 408) {
      throw new ServerUnavailableException(
          host.address() + " answers " + status + ": " + message, retryAfter(response), null);
    }
    if (status < 400) {
      throw new NotMlflowException(
          status,
          host.address()
              + " redirects to "
              + target(response)
              + ": set tracking.uri to the address where the server itself answers");
    }
    if (code.isEmpty()) {
      throw new NotMlflowException(
          status,
          host.address()
              + " answers "
              + status
              + ", and not as an MLflow server does: is tracking.uri right, and does what stands"
              + " before the server let this through? It says: "
              + message);
    }
    return new RejectedException(status, code, message);
  }

  /** An answer of MLflow's own; nothing in it where a proxy before it has answered. */
  private static JsonNode object(String body) {
    try {
      JsonNode json = JSON.readTree(body);
      return json == null ? MissingNode.getInstance() : json;
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static String shortened(String message) {
    String clean = Redaction.text(message.replaceAll("\\s+", " ").trim());
    return clean.substring(0, Math.min(clean.length(), LONGEST_MESSAGE));
  }

  /** Where a redirect leads, as it would be written for the server: without the request's path. */
  private static String target(HttpResponse<?> response) {
    String to =
        response.headers().firstValue("Location").orElse("nowhere").replaceFirst("[?#].*", "");
    String path = response.uri().getRawPath();
    return shortened(to.endsWith(path) ? to.substring(0, to.length() - path.length()) : to);
  }

  private static Duration retryAfter(HttpResponse<?> response) {
    String when = response.headers().firstValue("Retry-After").orElse("0").trim();
    if (when.matches("\\d{1,5}")) {
      return Duration.ofSeconds(Long.parseLong(when));
    }
    try {
      Instant then = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(when));
      Duration wait = Duration.between(Instant.now(), then);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeException e) {
      return Duration.ZERO;
    }
  }

  /** For servers whose certificate the user has chosen not to check. */
  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
      // Trusted.
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      // Trusted.
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {
      // Trusted.
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {
      // Trusted.
    }

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {
      // Trusted.
    }

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {
      // Trusted.
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
