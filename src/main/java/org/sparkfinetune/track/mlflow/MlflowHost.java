package org.sparkfinetune.track.mlflow;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;
import org.mlflow.tracking.creds.DatabricksConfigHostCredsProvider;
import org.mlflow.tracking.creds.DatabricksDynamicHostCredsProvider;
import org.mlflow.tracking.creds.HostCredsProviderChain;
import org.mlflow.tracking.creds.MlflowHostCreds;
import org.mlflow.tracking.creds.MlflowHostCredsProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/** A tracking server's address and what lets us in, as MLflow's clients take them. */
final class MlflowHost {
  private static final Logger LOG = LoggerFactory.getLogger(MlflowHost.class);
  private static final String DATABRICKS = "databricks";

  private final MlflowHostCredsProvider credentials;
  private final String authorization;
  private final String address;

  private MlflowHost(MlflowHostCredsProvider credentials, String authorization) {
    this.credentials = credentials;
    this.authorization = authorization;
    address = credentials.getHostCreds().getHost().replaceAll("/+$", "");
  }

  /**
   * The server of a tracking URI: {@code http(s)://[user:password@]host}, whose credentials may
   * also be in the environment, or {@code databricks[://profile]}, whose host and credentials are
   * the cluster's own, on Databricks, or in the Databricks configuration.
   *
   * @throws UserException when it is neither, or the Databricks configuration lacks it
   */
  static MlflowHost of(String trackingUri) {
    if (trackingUri.equals(DATABRICKS)) {
      return databricks(trackingUri, databricks());
    }
    if (trackingUri.startsWith(DATABRICKS + "://")) {
      String profile = trackingUri.substring((DATABRICKS + "://").length());
      return databricks(trackingUri, new DatabricksConfigHostCredsProvider(profile));
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
    if (uri.getHost() == null) {
      throw new UserException(
          "tracking.uri="
              + Redaction.text(trackingUri)
              + " names no valid host: one has letters, digits, hyphens and dots, and no"
              + " underscore. Give the server another name, as by an alias in the network of Docker"
              + " Compose");
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

  /** As MLflow's own client looks for them. */
  private static MlflowHostCredsProvider databricks() {
    MlflowHostCredsProvider configured = new DatabricksConfigHostCredsProvider();
    MlflowHostCredsProvider ofCluster = DatabricksDynamicHostCredsProvider.createIfAvailable();
    return ofCluster == null ? configured : new HostCredsProviderChain(ofCluster, configured);
  }

  private static MlflowHost databricks(String trackingUri, MlflowHostCredsProvider credentials) {
    MlflowHost host;
    try {
      host = new MlflowHost(credentials, "");
    } catch (IllegalStateException | MlflowClientException e) {
      throw new UserException("tracking.uri=" + trackingUri + ": " + e.getMessage(), e);
    }
    if (!host.address.matches("https?://.+")) {
      throw new UserException(
          "tracking.uri="
              + trackingUri
              + ": the Databricks configuration has the host "
              + Redaction.text(host.address)
              + ", expected https://HOST");
    }
    return host;
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  /** Scheme, host and port, and a path where it has one, without a slash at the end. */
  String address() {
    return address;
  }

  /**
   * The header that lets us in; empty when none is known. Asked for anew with each request.
   *
   * @throws ServerUnavailableException when the configuration cannot be read any more
   */
  String authorization() throws ServerUnavailableException {
    if (!authorization.isEmpty()) {
      return authorization;
    }
    MlflowHostCreds creds;
    try {
      creds = credentials.getHostCreds();
    } catch (IllegalStateException | MlflowClientException e) {
      throw new ServerUnavailableException(e.getMessage(), Duration.ZERO, e);
    }
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
    try {
      credentials.refresh();
    } catch (IllegalStateException | MlflowClientException e) {
      LOG.info("the credentials cannot be read again: {}", e.getMessage());
    }
  }
}
