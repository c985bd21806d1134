package org.sparkfinetune.jobs;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.rewrite.RewriteAppender;
import org.apache.logging.log4j.core.appender.rewrite.RewritePolicy;
import org.apache.logging.log4j.core.config.AppenderRef;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.apache.logging.log4j.message.SimpleMessage;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.text.Printed;

/**
 * What is logged, as {@link Printed} lets it: a message in one line, and a stack trace below it
 * where the layout asks for one ({@code %ex}). Put before the appenders of a configuration and not
 * named in it: where spark-submit starts the driver, logging begins before our classes are there.
 */
final class CleanLog implements RewritePolicy {
  private static final String PREFIX = "clean ";

  /** Whether a stack trace is wanted; else what was thrown is said in the message's line. */
  private final boolean traces;

  private CleanLog(boolean traces) {
    this.traces = traces;
  }

  /** Puts itself before every appender of the configuration that is in force. */
  static void install() {
    if (!(LogManager.getContext(false) instanceof LoggerContext context)) {
      return;
    }
    Configuration configuration = context.getConfiguration();
    for (LoggerConfig logger : configuration.getLoggers().values()) {
      for (AppenderRef ref : logger.getAppenderRefs()) {
        Appender appender = logger.getAppenders().get(ref.getRef());
        if (appender != null) {
          logger.removeAppender(ref.getRef());
          logger.addAppender(before(appender, configuration), ref.getLevel(), ref.getFilter());
        }
      }
    }
    context.updateLoggers();
  }

  private static Appender before(Appender appender, Configuration configuration) {
    String name = PREFIX + appender.getName();
    Appender known = configuration.getAppender(name);
    if (known != null) {
      return known;
    }
    AppenderRef[] to = {AppenderRef.createAppenderRef(appender.getName(), null, null)};
    RewriteAppender clean =
        RewriteAppender.createAppender(
            name, "true", to, configuration, new CleanLog(showsTraces(appender)), null);
    clean.start();
    configuration.addAppender(clean);
    return clean;
  }

  private static boolean showsTraces(Appender appender) {
    return !(appender.getLayout() instanceof PatternLayout layout)
        || layout.getConversionPattern().contains("%ex");
  }

  private String of(Throwable thrown) {
    if (thrown == null) {
      return "";
    }
    return traces
        ? System.lineSeparator() + Printed.stackTrace(thrown).stripTrailing()
        : ": " + Failures.summary(thrown);
  }

  @Override
  public LogEvent rewrite(LogEvent event) {
    String message = Printed.message(event.getMessage().getFormattedMessage());
    return new Log4jLogEvent.Builder(event)
        .setMessage(new SimpleMessage(message + of(event.getThrown())))
        .setThrown(null)
        .setThrownProxy(null)
        .build();
  }
}
