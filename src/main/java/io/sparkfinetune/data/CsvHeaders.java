package io.sparkfinetune.data;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.OneLine;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;

/**
 * The headers of CSV files. Spark gives a column without a name its place, {@code _c0}, and adds it
 * to names that occur twice, {@code id0}; but what it compares with other files' headers are the
 * names that it has made, which stand in none.
 */
final class CsvHeaders {
  private CsvHeaders() {}

  /**
   * Whether none of these names can be one that Spark has made. Real names may look like made ones:
   * they are compared the slower way, and no harm done.
   */
  static boolean areAsWritten(String[] names) {
    List<String> stems =
        IntStream.range(0, names.length).mapToObj(place -> stem(names[place], place)).toList();
    return stems.stream()
        .filter(stem -> !stem.isEmpty())
        .noneMatch(stem -> stem.equals("_c") || stems.indexOf(stem) < stems.lastIndexOf(stem));
  }

  /** A name without its place; empty when it does not end with that. */
  private static String stem(String name, int place) {
    String end = String.valueOf(place);
    return name.endsWith(end)
        ? name.substring(0, name.length() - end.length()).toLowerCase(Locale.ROOT)
        : "";
  }

  /**
   * Compares the headers of files, of each by itself: a small Spark job a file.
   *
   * @param files as Spark lists those that it reads
   * @param names the names in a file, by its path
   * @throws UserException when two are not equal
   */
  static void requireEqual(String[] files, Function<String, String[]> names) {
    String[] first = null;
    for (int i = 0; files.length > 1 && i < files.length; i++) {
      String[] header = names.apply(new Path(URI.create(files[i])).toString());
      first = first == null ? header : first;
      if (!lowerCase(header).equals(lowerCase(first))) {
        throw new UserException(
            "CSV header does not conform to the one of %s (%s): %s has %s"
                .formatted(files[0], joined(first), files[i], joined(header)));
      }
    }
  }

  /** The names without the white space around them, where that leaves names that are different. */
  static String[] trimmed(String[] names) {
    String[] trimmed =
        IntStream.range(0, names.length)
            .mapToObj(i -> names[i].isBlank() ? "_c" + i : names[i].strip())
            .toArray(String[]::new);
    return lowerCase(trimmed).stream().distinct().count() == names.length ? trimmed : names;
  }

  private static Collection<String> lowerCase(String[] names) {
    return Arrays.stream(names).map(name -> name.toLowerCase(Locale.ROOT)).toList();
  }

  private static String joined(String[] names) {
    return OneLine.of(String.join(", ", names));
  }
}
