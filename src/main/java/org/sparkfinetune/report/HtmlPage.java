package org.sparkfinetune.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A whole HTML file: what is around a report's sections. */
final class HtmlPage {
  /** The classes {@code c0}, {@code c1}, ... of report.css. */
  static final int COLORS = 8;

  private HtmlPage() {}

  /**
   * The file.
   *
   * @param content writes the sections
   */
  static String html(String title, Consumer<HtmlWriter> content) {
    HtmlWriter out = new HtmlWriter();
    out.raw("<!DOCTYPE html>\n");
    out.open("html", "lang", "en", "xmlns", "http://www.w3.org/1999/xhtml").open("head");
    out.empty("meta", "charset", "utf-8");
    out.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    out.empty("meta", "name", "color-scheme", "content", "light dark");
    out.element("title", title);
    out.open("style").raw(resource("report.css")).close();
    out.close().open("body").open("main");
    content.accept(out);
    out.close();
    out.open("script").raw(resource("report.js")).close();
    out.close().close();
    return out.toString();
  }

  /** A section with a heading. */
  static void section(HtmlWriter out, String heading, Consumer<HtmlWriter> content) {
    out.open("section").element("h2", heading);
    content.accept(out);
    out.close();
  }

  /** Says where the file comes from. */
  static void footer(HtmlWriter out) {
    out.element("footer", "Written by spark-finetune from the record of its runs. Times are UTC.");
  }

  private static String resource(String name) {
    try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
