package org.sparkfinetune.hub;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the Hub says of a file of a commit.
 *
 * @param name its path in the repository
 * @param etag the name of its content: a SHA-256, or of small files git's hash; of a mirror it may
 *     be anything
 * @param size in bytes
 * @param address where its content lies
 * @param pointer its name in the snapshot
 */
record HubFile(String name, String etag, long size, URI address, Path pointer) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern GIT = Pattern.compile("[0-9a-f]{40}");

  /** It names a file. */
  private static final Pattern ETAG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /** Reads the answer to a HEAD. */
  static HubFile of(String name, Path pointer, HttpResponse<?> head, HubErrors errors) {
    String etag =
        header(head, "X-Linked-Etag")
            .or(() -> header(head, "ETag"))
            .orElse("")
            .replaceFirst("^W/", "")
            .replace("\"", "");
    long size =
        header(head, "X-Linked-Size")
            .or(() -> header(head, "Content-Length"))
            .filter(length -> length.matches("\\d{1,18}"))
            .map(Long::parseLong)
            .orElse(-1L);
    if (!ETAG.matcher(etag).matches() || size < 0) {
      throw errors.noHub("it does not say the hash and the size of " + name, null);
    }
    URI address =
        header(head, "Location").map(location -> head.uri().resolve(location)).orElse(head.uri());
    return new HubFile(name, etag, size, address, pointer);
  }

  private static Optional<String> header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name);
  }

  /** What makes the hash of the content; empty where the etag is none that is known. */
  Optional<MessageDigest> digest() {
    try {
      if (SHA256.matcher(etag).matches()) {
        return Optional.of(MessageDigest.getInstance("SHA-256"));
      }
      if (GIT.matcher(etag).matches()) {
        MessageDigest git = MessageDigest.getInstance("SHA-1");
        git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
        return Optional.of(git);
      }
      return Optional.empty();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
