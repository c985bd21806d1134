package org.sparkfinetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

class HubProxiesTest {
  @TempDir Path home;

  /** Nobody but the proxy knows where the hub is. */
  @Test
  void aHubIsReachedThroughAProxy() throws Exception {
    byte[] config = "{\"model_type\": \"bert\"}".getBytes();
    List<String> asked = new CopyOnWriteArrayList<>();
    try (FakeHub hub = FakeHub.start()) {
      hub.commit("org/name", "main", Map.of("config.json", config));
      HttpServer proxy = proxy(URI.create(hub.endpoint()), asked);
      try {
        HubSettings settings =
            HubSettings.of(
                Map.of(
                        "HF_ENDPOINT",
                        "http://hub.invalid",
                        "HF_HOME",
                        home.toString(),
                        "HTTP_PROXY",
                        "127.0.0.1:" + proxy.getAddress().getPort())
                    ::get);
        HubRepository repository =
            HubRepository.open(HubId.parse("hf://org/name"), "hf://org/name", settings);
        Path folder = repository.fetch(repository.names(), TransferListener.NONE);
        assertThat(folder.resolve("config.json")).hasBinaryContent(config);
        assertThat(asked).isNotEmpty().allMatch(uri -> uri.startsWith("http://hub.invalid/"));
      } finally {
        proxy.stop(0);
      }
    }
  }

  /** Passes requests for whatever host on to one server. */
  private static HttpServer proxy(URI server, List<String> asked) throws Exception {
    HttpServer proxy = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    proxy.createContext(
        "/",
        exchange -> {
          URI wanted = exchange.getRequestURI();
          asked.add(wanted.toString());
          String path = wanted.toString().replaceFirst("^http://[^/]+", "");
          HttpURLConnection there =
              (HttpURLConnection) URI.create(server + path).toURL().openConnection(Proxy.NO_PROXY);
          there.setRequestMethod(exchange.getRequestMethod());
          there.setInstanceFollowRedirects(false);
          there.setRequestProperty("Accept-Encoding", "identity");
          int status = there.getResponseCode();
          there
              .getHeaderFields()
              .forEach(
                  (name, values) -> {
                    if (name != null && !name.matches("(?i)transfer-encoding|date|connection")) {
                      exchange.getResponseHeaders().put(name, values);
                    }
                  });
          boolean isHead = exchange.getRequestMethod().equals("HEAD");
          byte[] body = new byte[0];
          try (InputStream in = status < 400 ? there.getInputStream() : there.getErrorStream()) {
            body = isHead || in == null ? body : in.readAllBytes();
          }
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
          exchange.close();
        });
    proxy.start();
    return proxy;
  }

  @Test
  void variablesAreReadAsPythonReadsThem() {
    HubProxies proxies =
        new HubProxies(
            Map.of(
                    "HTTPS_PROXY", "http://upper:1",
                    "https_proxy", "http://lower:3128/",
                    "ALL_PROXY", "all",
                    "NO_PROXY", "mirror.example, .inner.example,other:8443")
                ::get);
    assertThat(of(proxies, "https://huggingface.co/x")).isEqualTo("lower:3128");
    assertThat(of(proxies, "http://huggingface.co/x")).isEqualTo("all:80");
    assertThat(of(proxies, "https://mirror.example")).isEqualTo("DIRECT");
    assertThat(of(proxies, "https://a.mirror.example")).isEqualTo("DIRECT");
    assertThat(of(proxies, "https://hub.inner.example")).isEqualTo("DIRECT");
    assertThat(of(proxies, "https://notmirror.example")).isEqualTo("lower:3128");
    assertThat(of(proxies, "https://other:8443")).isEqualTo("DIRECT");
    assertThat(of(proxies, "https://other:443")).isEqualTo("lower:3128");
    assertThat(of(proxies, "http://127.0.0.1:5000")).isEqualTo("DIRECT");
    assertThat(
            of(
                new HubProxies(Map.of("all_proxy", "p:1", "no_proxy", "*")::get),
                "https://huggingface.co"))
        .isEqualTo("DIRECT");
  }

  private static String of(HubProxies proxies, String address) {
    Proxy proxy = proxies.select(URI.create(address)).get(0);
    return proxy.address() instanceof InetSocketAddress there
        ? there.getHostString() + ":" + there.getPort()
        : proxy.toString();
  }

  @Test
  void whatIsNoProxyIsRefusedWithoutItsPassword() {
    assertThatThrownBy(
            () -> new HubProxies(Map.of("HTTPS_PROXY", "http://me:secret@proxy:3128")::get))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the proxy http://***@proxy:3128 of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be"
                + " used: expected http://HOST:PORT, without a user's name");
    assertThatThrownBy(() -> new HubProxies(Map.of("ALL_PROXY", "socks5://proxy:1080")::get))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("socks5://proxy:1080");
  }
}
