package org.sparkfinetune.notebooks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a paragraph has printed, as Zeppelin cuts it into results: by lines such as {@code %html}.
 */
final class ZeppelinOutput {
  private static final Pattern TYPE = Pattern.compile("(?m)^%(text|html|table)\\s");

  private ZeppelinOutput() {}

  static ArrayNode messages(String printed) {
    ArrayNode messages = new ObjectMapper().createArrayNode();
    Matcher type = TYPE.matcher(printed);
    String name = "text";
    int from = 0;
    while (type.find()) {
      add(messages, name, printed.substring(from, type.start()));
      name = type.group(1);
      from = type.end();
    }
    add(messages, name, printed.substring(from));
    return messages;
  }

  private static void add(ArrayNode messages, String type, String data) {
    if (!data.isBlank()) {
      messages.add(
          NotebookFile.message(type.toUpperCase(Locale.ROOT), data.replaceFirst("^\\n+", "")));
    }
  }
}
