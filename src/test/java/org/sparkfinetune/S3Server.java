package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * An S3 server in a process of its own, with a bucket. Needs {@code tools/servers/install}, and
 * Hadoop's client for S3, which Maven's profile {@code s3} has.
 */
public record S3Server(URI uri, Process process) implements AutoCloseable {
  /** The bucket, as Hadoop names it. */
  public static final URI BUCKET = URI.create("s3a://bucket");

  /** What is nobody's to see. */
  public static final String SECRET = "s3cret-of-the-bucket";

  private static final Duration START = Duration.ofMinutes(1);

  /** Starts it, or has the test not run where it or Hadoop's client is not there. */
  public static S3Server start(Path folder) throws IOException {
    TestMachine.require(
        isThere("org.apache.hadoop.fs.s3a.S3AFileSystem"),
        "client for S3 on the class path, which mvn -Ps3 puts there");
    int port = ServerEnvironment.freePort();
    Path output = folder.resolve("s3.txt");
    Process process =
        ServerEnvironment.start(
            "s3",
            folder,
            output,
            List.of("moto_server", "-H", "127.0.0.1", "-p", Integer.toString(port)),
            environment -> {});
    S3Server server = new S3Server(URI.create("http://127.0.0.1:" + port), process);
    boolean answers =
        ChildJvm.waitUntil(() -> !process.isAlive() || ServerEnvironment.listens(port), START);
    if (!process.isAlive() || !answers) {
      server.close();
      throw new AssertionError("S3 does not start: " + Files.readString(output));
    }
    HttpURLConnection create =
        (HttpURLConnection) server.uri.resolve("/" + BUCKET.getHost()).toURL().openConnection();
    create.setRequestMethod("PUT");
    assertThat(create.getResponseCode()).isEqualTo(HttpURLConnection.HTTP_OK);
    return server;
  }

  private static boolean isThere(String type) {
    try {
      Class.forName(type, false, S3Server.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The settings by which Hadoop finds it. */
  public Map<String, String> hadoop() {
    return Map.of(
        "fs.s3a.endpoint", uri.toString(),
        "fs.s3a.path.style.access", "true",
        "fs.s3a.connection.ssl.enabled", "false",
        "fs.s3a.access.key", "tests",
        "fs.s3a.secret.key", SECRET);
  }

  @Override
  public void close() {
    ServerEnvironment.end(process);
  }
}
