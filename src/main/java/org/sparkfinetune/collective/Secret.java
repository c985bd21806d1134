package org.sparkfinetune.collective;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What only the workers of a training know, and show each other that they know. */
final class Secret {
  /** Bytes of a secret, of a random number and of a code. */
  static final int BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;

  private Secret(byte[] bytes) {
    key = new SecretKeySpec(bytes, ALGORITHM);
  }

  static Secret random() {
    return new Secret(randomBytes());
  }

  static byte[] randomBytes() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  static Secret parse(String hex) {
    return new Secret(HexFormat.of().parseHex(hex));
  }

  /** What {@link #parse} takes; not for logs. */
  String hex() {
    return HexFormat.of().formatHex(key.getEncoded());
  }

  /** A secret of its own for one purpose, that others know who know this one and the parts. */
  Secret derive(String purpose, byte[]... parts) {
    return new Secret(code(purpose, parts));
  }

  /**
   * What shows that one knows the secret; parts are of lengths that the purpose gives, but the last
   */
  byte[] code(String purpose, byte[]... parts) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(purpose.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no " + ALGORITHM, e);
    }
  }
}
