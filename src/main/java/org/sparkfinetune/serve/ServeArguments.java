package org.sparkfinetune.serve;

import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** How a server listens and how much it takes: the section {@code serve}. */
public record ServeArguments(
    @Key(
            doc =
                "The address that the server listens at: 127.0.0.1 for this machine alone, 0.0.0.0"
                    + " for all of its networks.",
            defaultValue = "127.0.0.1")
        String host,
    @Key(
            doc = "The port; 0 takes a free one, which the first line says.",
            defaultValue = "8080",
            min = 0,
            max = 65535)
        int port,
    @Key(
            doc = "Texts that go through the network together at most, of one request or several.",
            defaultValue = "32",
            min = 1)
        int maxBatchSize,
    @Key(
            doc =
                "How long a text waits for others to fill its batch, in milliseconds. With 0 none does:"
                    + " a batch is what has come in while the one before was computed.",
            defaultValue = "0",
            min = 0,
            max = 10000)
        int maxBatchDelayMs,
    @Key(
            doc =
                "Texts that wait at most; a request that would be more is answered 429, with"
                    + " Retry-After.",
            defaultValue = "256",
            min = 1)
        int maxQueue,
    @Key(
            doc = "Texts of one request at most; more are answered 400. No more than max_queue.",
            defaultValue = "128",
            min = 1)
        int maxInputs,
    @Key(
            doc = "Bytes of a request's body at most; a longer one is answered 413.",
            defaultValue = "1048576",
            min = 1,
            max = 1 << 30)
        int maxBodyBytes,
    @Key(
            doc =
                "Requests that are read, wait or are answered at the same time; further ones are"
                    + " not read until one of them is done.",
            defaultValue = "512",
            min = 1)
        int maxConnections,
    @Key(
            doc =
                "Seconds that a client may take to send a request; then its connection is closed.",
            defaultValue = "10",
            min = 1)
        int requestTimeoutSeconds,
    @Key(
            doc =
                "Seconds that requests which are in flight have when the server is told to stop, by"
                    + " SIGTERM or Ctrl-C.",
            defaultValue = "20",
            min = 0)
        int stopTimeoutSeconds,
    @Key(
            doc =
                "A file that holds the token which clients have to send, as Authorization: Bearer"
                    + " TOKEN. When not set, the environment's SPARK_FINETUNE_SERVE_TOKEN; without"
                    + " one, whoever reaches the port is answered.",
            defaultValue = "")
        String tokenFile,
    @Key(
            doc =
                "A PKCS12 keystore with the key and certificate of the server, for HTTPS; its"
                    + " password is the environment's SPARK_FINETUNE_SERVE_KEYSTORE_PASSWORD. When"
                    + " not set, HTTP.",
            defaultValue = "")
        String tlsKeystore) {
  /** The section. */
  public static final Schema<ServeArguments> SCHEMA = Schema.of("serve", ServeArguments.class);

  /**
   * Checks what a key alone does not show.
   *
   * @throws UserException when one request may have more texts than wait at most
   */
  public ServeArguments {
    if (maxInputs > maxQueue) {
      throw new UserException(
          ("serve.max_inputs=%d is more than serve.max_queue=%d: a request of so many texts would"
                  + " never be taken; lower the one or raise the other")
              .formatted(maxInputs, maxQueue));
    }
  }
}
