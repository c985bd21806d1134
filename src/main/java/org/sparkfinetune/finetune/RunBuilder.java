package org.sparkfinetune.finetune;

import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;

/**
 * What {@link FineTuning}, {@link Evaluation}, {@link Prediction} and a search for settings are
 * given in the same way. Immutable: each method gives another one, so that one can be varied.
 *
 * @param <B> the library
 */
@PublicApi
public abstract class RunBuilder<B extends RunBuilder<B>> extends CopyOnChange<B> {
  /** What it is given. */
  protected RunOptions options;

  /** With what it is given. */
  protected RunBuilder(RunOptions options) {
    this.options = options;
  }

  /** The same with other options. */
  protected final B with(RunOptions other) {
    return changed(copy -> copy.options = other);
  }

  /**
   * With a setting, by the key that the command line has.
   *
   * @param key of one of the sections that the library's {@code KEYS} have, as {@code
   *     data.text_column} or {@code training.num_train_epochs}; or {@code overwrite} or, where the
   *     library has an output, {@code output}
   * @param value a number, a boolean or a string, which may be the spelling of any value; where a
   *     key's value is a structure, as that of {@code tune.space}, also lists and maps of these, or
   *     HOCON as a string
   * @throws UserException when the key is unknown or the value is not allowed
   */
  public B set(String key, Object value) {
    return with(options.set(key, value));
  }

  /**
   * With several settings, by key, as {@link #set(String, Object)} takes each.
   *
   * @throws UserException when a key is unknown or a value is not allowed
   */
  public B set(Map<String, ?> settings) {
    RunOptions more = options;
    for (Map.Entry<String, ?> setting : settings.entrySet()) {
      more = more.set(setting.getKey(), setting.getValue());
    }
    return with(more);
  }

  /**
   * With the settings of a file in HOCON.
   *
   * @param path on the driver's disk or, with a scheme, on any Hadoop file system
   * @throws UserException when it cannot be read, a key is unknown or a value is not allowed
   */
  public B conf(String path) {
    return with(options.conf(path));
  }

  /** With these settings and no others. */
  public B settings(Settings settings) {
    return with(options.settings(settings));
  }

  /** With what is to be done about an output that holds something: by default it is refused. */
  public B overwrite(boolean value) {
    return with(options.overwrite(value));
  }

  /** With somewhere to show progress and warnings; by default standard output. */
  public B console(Console console) {
    return with(options.console(console));
  }
}
