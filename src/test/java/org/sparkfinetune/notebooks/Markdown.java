package org.sparkfinetune.notebooks;

/**
 * The little of Markdown that the notes' text has, as HTML: Zeppelin shows a paragraph's result,
 * and does not make it when a note is opened.
 */
final class Markdown {
  private Markdown() {}

  static String html(String text) {
    StringBuilder html = new StringBuilder("<div class=\"markdown-body\">\n");
    for (String block : text.split("\n\n")) {
      int level = block.length() - block.replaceFirst("^#+", "").length();
      String tag = level > 0 ? "h" + level : "p";
      String content = inline(block.substring(level).strip().replace('\n', ' '));
      html.append('<').append(tag).append('>').append(content);
      html.append("</").append(tag).append(">\n");
    }
    return html.append("</div>").toString();
  }

  private static String inline(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replaceAll("`([^`]+)`", "<code>$1</code>")
        .replaceAll("\\*\\*([^*]+)\\*\\*", "<strong>$1</strong>")
        .replaceAll("\\[([^]]+)]\\(([^)]+)\\)", "<a href=\"$2\">$1</a>");
  }
}
