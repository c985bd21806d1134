package org.sparkfinetune.serve;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/** The token that clients have to send. Kept as a digest, and compared in constant time. */
final class BearerToken {
  /** The environment's variable that holds it. */
  static final String VARIABLE = "SPARK_FINETUNE_SERVE_TOKEN";

  private static final String SCHEME = "Bearer ";
  private static final long MAX_BYTES = 1 << 16;

  private final byte[] digest;

  private BearerToken(String token) {
    digest = digest(token);
  }

  /**
   * The one of a file, or else of the environment; empty without either.
   *
   * @param file empty for none
   * @throws UserException when the file cannot be read, or the token cannot be sent as a header
   */
  static Optional<BearerToken> find(String file, Map<String, String> environment) {
    String token;
    String source;
    if (!file.isEmpty()) {
      source = "serve.token_file=" + file;
      token = read(file, source);
    } else if (environment.containsKey(VARIABLE)) {
      source = "the environment's " + VARIABLE;
      token = environment.get(VARIABLE);
    } else {
      return Optional.empty();
    }
    token = token.strip();
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      throw new UserException(
          source
              + (token.isEmpty() ? " holds no token" : " holds characters that no token has")
              + ": expected one line of visible ASCII characters, as openssl rand -hex 32 gives");
    }
    Redaction.learn(Map.of(VARIABLE, token));
    return Optional.of(new BearerToken(token));
  }

  private static String read(String file, String source) {
    try {
      Path path = Path.of(file);
      if (Files.size(path) > MAX_BYTES) {
        throw new UserException(source + " is too long for a token: expected one line");
      }
      return Files.readString(path, StandardCharsets.ISO_8859_1);
    } catch (IOException | InvalidPathException e) {
      throw new UserException(
          source + " cannot be read (" + e.getClass().getSimpleName() + "): expected a file", e);
    }
  }

  /**
   * Whether a request has it.
   *
   * @param authorization the header; null for none
   */
  boolean isIn(String authorization) {
    boolean bearer =
        authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    // Digests are of one length: the time tells neither the token's nor where it differs.
    return bearer
        && MessageDigest.isEqual(digest, digest(authorization.substring(SCHEME.length()).strip()));
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each JDK has SHA-256", e);
    }
  }
}
