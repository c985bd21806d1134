package org.sparkfinetune.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.ConnectionFailure;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.text.Redaction;

/** What the answers of the Hub mean to a user, in one line each with the cure. */
final class HubErrors {
  private static final int LONGEST_MESSAGE = 300;

  /** What the Hub asks to wait where it does not say how long. */
  private static final Duration UNSAID_WAIT = Duration.ofSeconds(1);

  /** The newer way to say it, as {@code "api";r=0;t=55}. */
  private static final Pattern RATE_LIMIT = Pattern.compile(";\\s*t=(\\d{1,6})");

  private final HubSettings settings;
  private final HubId id;
  private final String subject;

  HubErrors(HubSettings settings, HubId id, String subject) {
    this.settings = settings;
    this.id = id;
    this.subject = subject;
  }

  /** A complaint. */
  UserException because(String what) {
    return new UserException(subject + ": " + what);
  }

  /** A complaint with its cause. */
  UserException because(String what, Throwable cause) {
    return new UserException(subject + ": " + what, cause);
  }

  UserException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return because("interrupted while it was fetched", e);
  }

  /** The endpoint answers as no hub does. */
  UserException noHub(String why, Throwable cause) {
    return because(
        host()
            + " does not answer as a hub does ("
            + why
            + "): is HF_ENDPOINT right, and does a proxy let it through?",
        cause);
  }

  /** Nobody answers. */
  HubUnavailableException away(Exception e) {
    String why = ConnectionFailure.reason(e);
    return new HubUnavailableException(
        subject
            + ": "
            + (e instanceof HttpTimeoutException
                ? host() + " does not answer in time"
                : host() + " cannot be reached (" + OneLine.of(Redaction.text(why), 200) + ")")
            + ": check the network and HF_ENDPOINT, or fetch it elsewhere, as by hf download "
            + (id.type() == RepoType.DATASET ? "--repo-type dataset " : "")
            + id.name()
            + ", and bring its folder to the cache "
            + settings.cache(),
        e);
  }

  /**
   * What an answer means that is none of success.
   *
   * @param ofHub whether the endpoint itself has answered, and not a store that it redirects to
   */
  UserException of(HttpResponse<?> response, String body, boolean ofHub) {
    int status = response.statusCode();
    String code = response.headers().firstValue("X-Error-Code").orElse("");
    String said = said(response, body);
    if (status == 429) {
      return unavailable(
          "it asks for a pause of "
              + retryAfter(response).toSeconds()
              + " seconds (429, too many requests): try again then"
              + (settings.token().isEmpty() ? ", or set HF_TOKEN, with which it allows more" : ""));
    }
    if (status >= 500 || status == 408) {
      return unavailable("it fails (" + status + "): try again later" + said);
    }
    if (!ofHub) {
      return because(
          "the store "
              + shown(response.uri())
              + " that "
              + host()
              + " redirects to answers "
              + status
              + ": try again, or ask the mirror of HF_ENDPOINT"
              + said);
    }
    return switch (code) {
      case "GatedRepo" ->
          because(
              "its authors give access to this %s: accept their conditions at %s, and set HF_TOKEN to a token of the account that has%s"
                  .formatted(id.type().words(), page(), said));
      case "RevisionNotFound" ->
          because(
              "there is no revision %s of it: expected a branch, a tag or a commit of %s"
                  .formatted(id.revision(), page()));
      case "EntryNotFound" -> because("a file of it is missing there" + said);
      default -> byStatus(status, code, said);
    };
  }

  private UserException byStatus(int status, String code, String said) {
    boolean invalid = status == 401 && said.contains("Invalid credentials");
    if (invalid || status == 401 && settings.token().isPresent() && code.isEmpty()) {
      return because(
          "%s does not accept the token of HF_TOKEN, or of the file that hf auth login writes: take a new one of %s/settings/tokens"
              .formatted(host(), host()));
    }
    if (status == 401 || status == 404 || code.equals("RepoNotFound")) {
      return because(
          "there is no such %s at %s, or it is private: check the name%s"
              .formatted(
                  id.type().words(),
                  host(),
                  settings.token().isPresent()
                      ? ", and whether the token of HF_TOKEN may read it"
                      : ", or set HF_TOKEN to a token that may read it"));
    }
    if (status == 403) {
      return because(
          "%s does not let the token of HF_TOKEN do that (403): take one that may at %s/settings/tokens%s"
              .formatted(host(), host(), said));
    }
    return because("%s answers %d%s".formatted(host(), status, said));
  }

  private HubUnavailableException unavailable(String what) {
    return new HubUnavailableException(subject + ": " + host() + ": " + what, null);
  }

  private String host() {
    return Redaction.text(settings.endpoint().toString());
  }

  /** Where a browser shows it. */
  private String page() {
    return host() + "/" + id.type().prefix() + id.name();
  }

  /** The server's own words, where it has some. */
  private static String said(HttpResponse<?> response, String body) {
    String message = response.headers().firstValue("X-Error-Message").orElse("");
    if (message.isEmpty()) {
      message = message(body);
    }
    return message.isBlank()
        ? ""
        : ". It says: " + OneLine.of(Redaction.text(message.strip()), LONGEST_MESSAGE);
  }

  private static String message(String body) {
    try {
      JsonNode json = HubJson.MAPPER.readTree(body);
      JsonNode error = json == null ? null : json.path("error");
      return error == null
          ? ""
          : error.isTextual() ? error.asText() : error.path("message").asText("");
    } catch (JsonProcessingException e) {
      // A page for people.
      return "";
    }
  }

  /** How long an answer asks to wait. */
  static Duration retryAfter(HttpResponse<?> response) {
    String when = response.headers().firstValue("Retry-After").orElse("").trim();
    if (when.matches("\\d{1,6}")) {
      return Duration.ofSeconds(Math.max(1, Long.parseLong(when)));
    }
    Matcher limit = RATE_LIMIT.matcher(response.headers().firstValue("RateLimit").orElse(""));
    if (limit.find()) {
      return Duration.ofSeconds(Math.max(1, Long.parseLong(limit.group(1))));
    }
    try {
      Instant then = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(when));
      Duration wait = Duration.between(Instant.now(), then);
      return wait.compareTo(UNSAID_WAIT) < 0 ? UNSAID_WAIT : wait;
    } catch (DateTimeException e) {
      return UNSAID_WAIT;
    }
  }

  /** An address without what it is signed with. */
  static String shown(URI address) {
    return address.getScheme() + "://" + address.getRawAuthority();
  }
}
