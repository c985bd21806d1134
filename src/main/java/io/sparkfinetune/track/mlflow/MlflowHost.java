package io.sparkfinetune.track.mlflow;

import io.sparkfinetune.UserException;
import io.sparkfinetune.track.Redaction;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;
import org.mlflow.tracking.creds.DatabricksConfigHostCredsProvider;
import org.mlflow.tracking.creds.MlflowHostCreds;
import org.mlflow.tracking.creds.MlflowHostCredsProvider;

/** A tracking server's address and what lets us in, as MLflow's clients take them. */
final class MlflowHost {
  private static final String DATABRICKS = "databricks";

  private final MlflowHostCredsProvider credentials;
  private final String authorization;

  private MlflowHost(MlflowHostCredsProvider credentials, String authorization) {
    this.credentials = credentials;
    this.authorization = authorization;
  }

  /**
   * The server of a tracking URI: {@code http(s)://[user:password@]host}, whose credentials may
   * also be in the environment, or {@code databricks[://profile]}, whose host and credentials are
   * in the Databricks configuration.
   *
   * @throws UserException when it is neither
   */
  static MlflowHost of(String trackingUri) {
    if (trackingUri.equals(DATABRICKS)) {
      return new MlflowHost(new DatabricksConfigHostCredsProvider(), "");
    }
    if (trackingUri.startsWith(DATABRICKS + "://")) {
      String profile = trackingUri.substring((DATABRICKS + "://").length());
      return new MlflowHost(new DatabricksConfigHostCredsProvider(profile), "");
    }
    if (!trackingUri.matches("https?://.+")) {
      throw new UserException(
          "tracking.uri="
              + Redaction.text(trackingUri)
              + " is no address of an MLflow server: expected http://HOST:PORT, https://HOST,"
              + " databricks or databricks://PROFILE");
    }
    URI uri;
    try {
      uri = URI.create(trackingUri.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      // Its message holds the address, and that may hold a password.
      throw new UserException(
          "tracking.uri=" + Redaction.text(trackingUri) + " is not a valid address");
    }
    String host = uri.toString().replaceFirst("(?<=://)[^/@]*@", "");
    boolean insecure = "true".equalsIgnoreCase(System.getenv("MLFLOW_TRACKING_INSECURE_TLS"));
    MlflowHostCreds creds =
        new BasicMlflowHostCreds(
            host,
            System.getenv("MLFLOW_TRACKING_USERNAME"),
            System.getenv("MLFLOW_TRACKING_PASSWORD"),
            System.getenv("MLFLOW_TRACKING_TOKEN"),
            insecure);
    String own = uri.getUserInfo() == null ? "" : basic(uri.getUserInfo());
    return new MlflowHost((MlflowHostCredsProvider) creds, own);
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  /** Scheme, host and port, without a slash at the end. */
  String address() {
    return credentials.getHostCreds().getHost().replaceAll("/+$", "");
  }

  /** The header that lets us in; empty when none is known. Asked for anew with each request. */
  String authorization() {
    if (!authorization.isEmpty()) {
      return authorization;
    }
    MlflowHostCreds creds = credentials.getHostCreds();
    if (creds.getUsername() != null && creds.getPassword() != null) {
      return basic(creds.getUsername() + ":" + creds.getPassword());
    }
    return creds.getToken() == null ? "" : "Bearer " + creds.getToken();
  }

  boolean ignoresTls() {
    return credentials.getHostCreds().shouldIgnoreTlsVerification();
  }

  /** Reads the configuration again: a token may have been renewed. */
  void refresh() {
    credentials.refresh();
  }
}
