package org.sparkfinetune.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/**
 * The proxies that {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code ALL_PROXY} name, but for the
 * hosts of {@code NO_PROXY} and this machine itself; else Java's own. As for Python's {@code
 * requests}, a name in small letters wins.
 */
final class HubProxies extends ProxySelector {
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final int DEFAULT_PORT = 80;

  private final UnaryOperator<String> variables;

  /**
   * Reads the variables once, to complain of them early.
   *
   * @param variables the value of a variable of the environment; null where it is not set
   * @throws UserException when a proxy is none
   */
  HubProxies(UnaryOperator<String> variables) {
    this.variables = variables;
    proxy("http");
    proxy("https");
  }

  @Override
  public List<Proxy> select(URI address) {
    if (isDirect(address)) {
      return List.of(Proxy.NO_PROXY);
    }
    return proxy(address.getScheme().toLowerCase(Locale.ROOT))
        .map(List::of)
        .orElseGet(
            () ->
                ProxySelector.getDefault() == null
                    ? List.of(Proxy.NO_PROXY)
                    : ProxySelector.getDefault().select(address));
  }

  private boolean isDirect(URI address) {
    String host = address.getHost().toLowerCase(Locale.ROOT);
    if (THIS_MACHINE.contains(host)) {
      return true;
    }
    String withPort = host + ":" + address.getPort();
    for (String entry : get("no_proxy").orElse("").toLowerCase(Locale.ROOT).split("[,\\s]+")) {
      String name = entry.replaceFirst("^\\*?\\.", "");
      if (entry.equals("*")
          || !name.isEmpty() && (isBelow(host, name) || isBelow(withPort, name))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBelow(String host, String name) {
    return host.equals(name) || host.endsWith("." + name);
  }

  private Optional<Proxy> proxy(String scheme) {
    return get(scheme + "_proxy").or(() -> get("all_proxy")).map(HubProxies::parse);
  }

  private Optional<String> get(String name) {
    return Optional.ofNullable(variables.apply(name))
        .filter(value -> !value.isBlank())
        .or(() -> Optional.ofNullable(variables.apply(name.toUpperCase(Locale.ROOT))))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }

  private static Proxy parse(String text) {
    try {
      URI proxy = URI.create(text.contains("://") ? text : "http://" + text);
      if (proxy.getHost() != null
          && proxy.getUserInfo() == null
          && proxy.getScheme().equalsIgnoreCase("http")) {
        int port = proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort();
        return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      // As any other that is none.
    }
    throw new UserException(
        "the proxy "
            + Redaction.text(text)
            + " of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used: expected http://HOST:PORT,"
            + " without a user's name");
  }

  /** The request says what went wrong. */
  @Override
  public void connectFailed(URI address, SocketAddress proxy, IOException e) {}

  /** A proxy is no secret, but nothing for logs either. */
  @Override
  public String toString() {
    return "HubProxies";
  }
}
