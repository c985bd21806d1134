package org.sparkfinetune.report;

import java.util.regex.Pattern;

/** Which addresses a page may lead to. */
final class SafeLinks {
  /** A web address, or a path beside the page: no script, nothing that a browser would run. */
  private static final Pattern SAFE =
      Pattern.compile("https?://\\S+|[^:\\s]+", Pattern.CASE_INSENSITIVE);

  private SafeLinks() {}

  static boolean isSafe(String address) {
    return SAFE.matcher(address).matches();
  }
}
