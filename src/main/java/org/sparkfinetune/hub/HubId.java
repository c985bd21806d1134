package org.sparkfinetune.hub;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * What names a repository of the Hub, or a part of a data set there.
 *
 * @param type of the repository
 * @param name {@code org/name}; of some old models {@code name} alone
 * @param revision a branch, a tag or a commit; empty for the one that is meant without saying so
 * @param parts of a data set, its configuration and a split of it, as far as they are named
 */
public record HubId(RepoType type, String name, String revision, List<String> parts) {
  /** Begins what is always an id. */
  public static final String SCHEME = "hf";

  private static final String BEGIN = SCHEME + "://";

  private static final Pattern MODEL = Pattern.compile("([^/@]+(?:/[^/@]+)?)(?:@(.+))?");

  /** A branch that the Hub makes itself has slashes in its name. */
  private static final Pattern DATASET =
      Pattern.compile("([^/@]+/[^/@]+)(?:@(refs/(?:convert|pr)/[^/]+|[^/]+))?((?:/[^/]+){0,2})/?");

  /** The Hub's own rule for each of the two words of a name. */
  private static final Pattern WORD = Pattern.compile("\\w(?:[\\w.-]*\\w)?", Pattern.UNICODE_CASE);

  private static final Pattern REVISION = Pattern.compile("\\w[\\w.+/-]*");
  private static final Pattern PART = Pattern.compile("[\\w.+-][\\w.+ -]*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final int LONGEST_NAME = 96;
  private static final int LONGEST_REVISION = 200;

  /** Keeps a copy of the parts. */
  public HubId {
    parts = List.copyOf(parts);
  }

  /** A model's, without a revision. */
  public static HubId model(String name) {
    return new HubId(RepoType.MODEL, name, "", List.of());
  }

  /** Whether a name begins as an id does that cannot be anything else. */
  public static boolean isUri(String name) {
    return name.regionMatches(true, 0, BEGIN, 0, BEGIN.length());
  }

  /** Whether a name is an id of the form {@code org/name} or {@code org/name@revision}. */
  public static boolean isBare(String name) {
    return name.indexOf('/') > 0 && !isUri(name) && read(RepoType.MODEL, name).isPresent();
  }

  /**
   * Reads an id.
   *
   * @param text {@code hf://org/name}, {@code hf://org/name@revision}, {@code
   *     hf://datasets/org/name@revision/config/split} or less of it, or a bare {@code org/name}
   * @throws UserException when it is none
   */
  public static HubId parse(String text) {
    String rest = isUri(text) ? text.substring(BEGIN.length()) : text;
    String datasets = RepoType.DATASET.prefix();
    Optional<HubId> found =
        isUri(text) && rest.startsWith(datasets)
            ? read(RepoType.DATASET, rest.substring(datasets.length()))
            : read(RepoType.MODEL, rest);
    return found.orElseThrow(
        () ->
            new UserException(
                OneLine.of(text, LONGEST_REVISION)
                    + " is no id of the Hugging Face hub: expected hf://ORG/NAME or"
                    + " hf://ORG/NAME@REVISION; of rows, hf://datasets/ORG/NAME or"
                    + " hf://datasets/ORG/NAME/CONFIG/SPLIT"));
  }

  private static Optional<HubId> read(RepoType type, String text) {
    Matcher id = (type == RepoType.MODEL ? MODEL : DATASET).matcher(text);
    if (!id.matches() || !isName(id.group(1))) {
      return Optional.empty();
    }
    String revision = id.group(2) == null ? "" : id.group(2).replaceAll("(?i)%2F", "/");
    if (id.group(2) != null && !isRevision(revision)) {
      return Optional.empty();
    }
    List<String> parts =
        type == RepoType.MODEL || id.group(3).isEmpty()
            ? List.of()
            : List.of(id.group(3).substring(1).split("/"));
    if (!parts.stream().allMatch(part -> PART.matcher(part).matches() && !part.matches("\\.+"))) {
      return Optional.empty();
    }
    return Optional.of(new HubId(type, id.group(1), revision, parts));
  }

  private static boolean isName(String name) {
    return name.length() <= LONGEST_NAME
        && !name.contains("--")
        && !name.contains("..")
        && !name.endsWith(".git")
        && List.of(name.split("/")).stream().allMatch(word -> WORD.matcher(word).matches());
  }

  /** It names a file of the cache. */
  private static boolean isRevision(String revision) {
    return REVISION.matcher(revision).matches()
        && revision.length() <= LONGEST_REVISION
        && !revision.contains("..")
        && !revision.contains("//")
        && !revision.contains("/.")
        && !revision.endsWith("/")
        && !revision.endsWith(".lock");
  }

  /** Whether the revision is a commit, whose files never change. */
  public boolean isPinned() {
    return isCommit(revision);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  /** The same at another revision. */
  public HubId at(String other) {
    return new HubId(type, name, other, parts);
  }

  /** The same with other parts. */
  public HubId with(List<String> others) {
    return new HubId(type, name, revision, others);
  }

  /** The name as paths of files have it, as {@code models--org--name}. */
  String folder() {
    return type.plural() + "--" + name.replace("/", "--");
  }

  /** As {@link #parse} reads it, with the scheme. */
  @Override
  public String toString() {
    return BEGIN
        + type.prefix()
        + name
        + (revision.isEmpty() ? "" : "@" + revision)
        + (parts.isEmpty() ? "" : "/" + String.join("/", parts));
  }
}
