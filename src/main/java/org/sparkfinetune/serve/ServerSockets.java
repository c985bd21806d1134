package org.sparkfinetune.serve;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.text.Redaction;

/** Opens the JDK's HTTP server, or that of HTTPS, at the address that is set. */
final class ServerSockets {
  /** The environment's variable that holds the password of the keystore. */
  static final String PASSWORD = "SPARK_FINETUNE_SERVE_KEYSTORE_PASSWORD";

  private ServerSockets() {}

  /**
   * Binds the address; nothing is answered before the server is started.
   *
   * @throws UserException when it is no address of this machine, or taken, or the keystore cannot
   *     be read
   */
  static HttpServer bind(ServeArguments arguments, Map<String, String> environment) {
    configure(arguments);
    InetSocketAddress address = address(arguments);
    try {
      if (arguments.tlsKeystore().isEmpty()) {
        return HttpServer.create(address, arguments.maxConnections());
      }
      SSLContext tls = tls(arguments.tlsKeystore(), environment);
      HttpsServer server = HttpsServer.create(address, arguments.maxConnections());
      server.setHttpsConfigurator(new HttpsConfigurator(tls));
      return server;
    } catch (IOException e) {
      throw new UserException(
          "serve.host=%s serve.port=%d: cannot listen there (%s): choose another, or end what does"
              .formatted(arguments.host(), arguments.port(), OneLine.of(e.getMessage())),
          e);
    }
  }

  /** The JDK's server has these by properties alone, which it reads once. */
  private static void configure(ServeArguments arguments) {
    String prefix = "sun.net.httpserver.";
    Map.of(
            // Without it a client is let to send its request for ever.
            "maxReqTime", String.valueOf(arguments.requestTimeoutSeconds()),
            // And to read its answer.
            "maxRspTime", String.valueOf(MAX_ANSWER_SECONDS),
            // An answer is one packet mostly, which is not to wait for another.
            "nodelay", "true",
            // Connections that clients keep open; the others are closed when a request is done.
            "maxIdleConnections", String.valueOf(arguments.maxConnections()))
        .forEach(
            (name, value) -> {
              if (System.getProperty(prefix + name) == null) {
                System.setProperty(prefix + name, value);
              }
            });
  }

  /** From a request's last byte to its answer's: what waits in a full queue is done before. */
  private static final int MAX_ANSWER_SECONDS = 300;

  private static InetSocketAddress address(ServeArguments arguments) {
    try {
      return new InetSocketAddress(InetAddress.getByName(arguments.host()), arguments.port());
    } catch (UnknownHostException e) {
      throw new UserException(
          "serve.host=%s: no such host; expected 127.0.0.1, 0.0.0.0 or an address of this machine"
              .formatted(arguments.host()),
          e);
    }
  }

  private static SSLContext tls(String keystore, Map<String, String> environment) {
    String setting = "serve.tls_keystore=" + keystore;
    String password = environment.get(PASSWORD);
    if (password == null) {
      throw new UserException(setting + ": expected its password in the environment's " + PASSWORD);
    }
    Redaction.learn(Map.of(PASSWORD, password));
    try (InputStream in = Files.newInputStream(Path.of(keystore))) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password.toCharArray());
      if (store.size() == 0) {
        throw new UserException(setting + " holds no key: expected one with its certificate");
      }
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, password.toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (IOException | InvalidPathException | GeneralSecurityException e) {
      throw new UserException(
          "%s cannot be opened (%s): expected a PKCS12 file and its password in %s"
              .formatted(setting, OneLine.of(String.valueOf(e.getMessage())), PASSWORD),
          e);
    }
  }
}
