package org.sparkfinetune.hub;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/**
 * How the Hub is reached and where its files are kept: what Python's {@code huggingface_hub} reads
 * in the environment, by the same names.
 *
 * @param endpoint {@code HF_ENDPOINT}, the Hub's address or a mirror's
 * @param token of {@code HF_TOKEN}, else of the file that {@code hf auth login} writes; sent to the
 *     endpoint alone
 * @param cache {@code HF_HUB_CACHE}, else the folder {@code hub} of {@code HF_HOME}
 * @param offline {@code HF_HUB_OFFLINE}: nothing is asked, what the cache has is all there is
 * @param answerTimeout {@code HF_HUB_ETAG_TIMEOUT}, for an answer to begin
 * @param downloadTimeout {@code HF_HUB_DOWNLOAD_TIMEOUT}, for more of a file to come
 * @param proxies of {@code HTTPS_PROXY} and its like, else Java's
 */
public record HubSettings(
    URI endpoint,
    Optional<String> token,
    Path cache,
    boolean offline,
    Duration answerTimeout,
    Duration downloadTimeout,
    ProxySelector proxies) {
  static final String DEFAULT_ENDPOINT = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

  /**
   * Those that variables say.
   *
   * @param variables the value of a variable of the environment; null where it is not set
   * @throws UserException when the endpoint is no address, or the token's file cannot be read
   */
  public static HubSettings of(UnaryOperator<String> variables) {
    Reading reading = new Reading(variables);
    Path home =
        reading.path(
            "HF_HOME",
            reading
                .path("XDG_CACHE_HOME", reading.home().resolve(".cache"))
                .resolve("huggingface"));
    Path cache =
        reading.path("HF_HUB_CACHE", reading.path("HUGGINGFACE_HUB_CACHE", home.resolve("hub")));
    return new HubSettings(
        reading.endpoint(),
        reading.isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")
            ? Optional.empty()
            : reading.token(reading.path("HF_TOKEN_PATH", home.resolve("token"))),
        cache,
        reading.isTrue(
            reading.get("HF_HUB_OFFLINE").isPresent() ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE"),
        reading.seconds("HF_HUB_ETAG_TIMEOUT"),
        reading.seconds("HF_HUB_DOWNLOAD_TIMEOUT"),
        new HubProxies(variables));
  }

  private record Reading(UnaryOperator<String> variables) {
    Optional<String> get(String name) {
      return Optional.ofNullable(variables.apply(name)).filter(value -> !value.isEmpty());
    }

    boolean isTrue(String name) {
      return get(name).map(value -> TRUE.contains(value.toUpperCase(Locale.ROOT))).orElse(false);
    }

    Path home() {
      return Path.of(get("HOME").orElseGet(() -> System.getProperty("user.home")));
    }

    /** With a tilde and with variables in it, as Python takes them. */
    Path path(String name, Path otherwise) {
      return get(name)
          .map(
              value -> {
                String path = value.replaceFirst("^~(?=/|$)", home().toString());
                return Path.of(
                    VARIABLE
                        .matcher(path)
                        .replaceAll(
                            found ->
                                Matcher.quoteReplacement(
                                    get(found.group(1) == null ? found.group(2) : found.group(1))
                                        .orElse(found.group()))));
              })
          .orElse(otherwise);
    }

    URI endpoint() {
      String address = get("HF_ENDPOINT").orElse(DEFAULT_ENDPOINT).replaceFirst("/+$", "");
      try {
        URI endpoint = URI.create(address);
        if (endpoint.getHost() != null && endpoint.getScheme().matches("(?i)https?")) {
          return endpoint;
        }
      } catch (IllegalArgumentException e) {
        // As any other that is none.
      }
      throw new UserException(
          "HF_ENDPOINT="
              + Redaction.text(address)
              + " is no address of a hub: expected one such as "
              + DEFAULT_ENDPOINT);
    }

    Optional<String> token(Path file) {
      Optional<String> token =
          get("HF_TOKEN")
              .or(() -> get("HUGGING_FACE_HUB_TOKEN"))
              .or(() -> read(file))
              .map(String::strip)
              .filter(value -> !value.isEmpty());
      token.ifPresent(value -> Redaction.learn(Map.of("HF_TOKEN", value)));
      if (token.isPresent() && !token.get().matches("[\\x21-\\x7e]+")) {
        throw new UserException(
            "the token of HF_TOKEN, or of "
                + file
                + ", has characters that no token has: expected one line such as hf_...");
      }
      return token;
    }

    private static Optional<String> read(Path file) {
      try {
        return Optional.of(Files.readString(file));
      } catch (NoSuchFileException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw new UserException(
            file + ", where the Hub's token is kept, cannot be read: set HF_TOKEN instead", e);
      }
    }

    Duration seconds(String name) {
      return get(name)
          .filter(value -> value.matches("[1-9]\\d{0,4}"))
          .map(value -> Duration.ofSeconds(Long.parseLong(value)))
          .orElse(PATIENCE);
    }
  }

  /** Whether an address is the endpoint's own server, by scheme, host and port. */
  boolean isEndpoint(URI address) {
    return endpoint.getScheme().equalsIgnoreCase(address.getScheme())
        && endpoint.getHost().equalsIgnoreCase(address.getHost())
        && port(endpoint) == port(address);
  }

  private static int port(URI address) {
    return address.getPort() >= 0
        ? address.getPort()
        : address.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }

  /** The token is not for logs. */
  @Override
  public String toString() {
    return "HubSettings[" + Redaction.text(endpoint.toString()) + ", " + cache + "]";
  }
}
