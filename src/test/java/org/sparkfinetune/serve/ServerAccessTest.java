package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sparkfinetune.serve.ServedModel.assertAnswer;
import static org.sparkfinetune.serve.ServedModel.assertRefused;
import static org.sparkfinetune.serve.ServedModel.inputs;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

/** Who may ask a server, how much, and by what protocol. */
class ServerAccessTest {
  @TempDir static Path folder;
  private static LocalClassifier model;

  @BeforeAll
  static void load() {
    model = ServedModel.load(folder);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static ServedModel start(Map<String, Object> settings) {
    return ServedModel.start(model, settings);
  }

  @Test
  void aTokenIsAskedFor() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "s3cret-token\n");
    for (boolean ofFile : new boolean[] {true, false}) {
      try (ServedModel served =
          ServedModel.start(
              model,
              batch -> InferenceServer.answers(model, batch),
              ofFile ? Map.of("token_file", file.toString()) : Map.of(),
              Map.of(BearerToken.VARIABLE, ofFile ? "another" : "s3cret-token"))) {
        String message = "expected the header Authorization: Bearer TOKEN";
        assertRefused(served.post(inputs("card")), 401, message);
        assertRefused(served.get("/metrics"), 401, message);
        for (String wrong :
            List.of("Bearer another", "Bearer s3cret-toke", "Basic s3cret-token", "Bearer ")) {
          HttpResponse<String> refused =
              served.send(
                  served
                      .request("/")
                      .header("Authorization", wrong)
                      .POST(HttpRequest.BodyPublishers.ofString(inputs("card"))));
          assertRefused(refused, 401, message);
          assertThat(refused.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        }
        HttpResponse<String> right =
            served.send(
                served
                    .request("/")
                    .header("authorization", "bearer s3cret-token")
                    .POST(HttpRequest.BodyPublishers.ofString(inputs("card"))));
        assertThat(right.statusCode()).isEqualTo(200);
        assertThat(served.get("/health").statusCode()).isEqualTo(200);
        assertThat(served.get("/ready").statusCode()).isEqualTo(200);
      }
    }
    assertThatThrownBy(() -> BearerToken.find("", Map.of(BearerToken.VARIABLE, " ")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("the environment's " + BearerToken.VARIABLE + " holds no token");
    assertThatThrownBy(() -> BearerToken.find(folder.resolve("none").toString(), Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("cannot be read (NoSuchFileException): expected a file");
  }

  @Test
  void aBodyThatIsTooLongIsRefused() throws Exception {
    try (ServedModel served = start(Map.of("max_body_bytes", 1000))) {
      String longest = inputs("a".repeat(1000 - inputs("").length()));
      assertThat(served.post(longest).statusCode()).isEqualTo(200);
      String message = "the body has more than 1000 bytes (serve.max_body_bytes)";
      assertRefused(served.post(longest + " "), 413, message);
      assertRefused(served.post("a".repeat(3_000_000)), 413, message);
      // Without a length: chunks.
      assertRefused(
          served.send(
              served
                  .request("/")
                  .POST(
                      HttpRequest.BodyPublishers.ofByteArrays(
                          List.of(new byte[800], new byte[800])))),
          413,
          message);
      assertThat(served.post(inputs("card")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aKeystoreMakesItHttps() throws Exception {
    String password = "a password";
    Path store = folder.resolve("server.p12");
    List<String> keytool =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    keytool.addAll(
        List.of("-genkeypair -keyalg EC -storetype PKCS12 -dname CN=localhost".split(" ")));
    keytool.addAll(List.of("-ext", "san=ip:127.0.0.1", "-keystore", store.toString()));
    keytool.addAll(List.of("-storepass", password));
    assertThat(new ProcessBuilder(keytool).inheritIO().start().waitFor()).isZero();
    ServeArguments arguments =
        ServeArguments.SCHEMA.create(Map.of("port", 0, "tls_keystore", store.toString()));

    try (InferenceServer server =
        InferenceServer.bind(arguments, Map.of(ServerSockets.PASSWORD, password))) {
      server.start(model);
      assertThat(server.url()).startsWith("https://127.0.0.1:");
      HttpClient client = HttpClient.newBuilder().sslContext(trusting(store, password)).build();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.url()))
              .POST(HttpRequest.BodyPublishers.ofString(inputs("card")))
              .build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertAnswer(ServedModel.json(answer).get(0), model.classify("card"));
    }
    for (Map<String, String> environment :
        List.of(Map.<String, String>of(), Map.of(ServerSockets.PASSWORD, "another password"))) {
      assertThatThrownBy(() -> InferenceServer.bind(arguments, environment))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("serve.tls_keystore=" + store)
          .hasMessageContaining(ServerSockets.PASSWORD)
          .hasMessageNotContaining("another password");
    }
  }

  private static SSLContext trusting(Path store, String password) throws Exception {
    KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", keys.getCertificate(keys.aliases().nextElement()));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
