package io.sparkfinetune.config;

import io.sparkfinetune.UserException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The settings that a record declares with {@link Key}, under one section of the configuration.
 *
 * @param <R> the settings record
 */
public final class Schema<R extends Record> {
  private final String section;
  private final Class<R> type;
  private final Map<String, Setting> settings = new LinkedHashMap<>();
  private final Map<String, RecordComponent> components = new LinkedHashMap<>();

  private Schema(String section, Class<R> type) {
    this.section = section;
    this.type = type;
    for (RecordComponent component : type.getRecordComponents()) {
      Key key = component.getAnnotation(Key.class);
      if (key == null) {
        throw new IllegalArgumentException(
            type.getName() + "." + component.getName() + ": no @Key");
      }
      String name = snakeCase(component.getName());
      settings.put(name, new Setting(section, name, component.getType(), key));
      components.put(name, component);
    }
  }

  /**
   * Reads the declaration of a settings record; {@code section} may be empty for top-level keys.
   */
  public static <R extends Record> Schema<R> of(String section, Class<R> type) {
    return new Schema<>(section, type);
  }

  /** The section's name, as in {@code training}. */
  public String section() {
    return section;
  }

  /** The settings in the order in which they are declared. */
  public List<Setting> settings() {
    return List.copyOf(settings.values());
  }

  /**
   * The setting of a name within the section.
   *
   * @throws UserException when there is none; the message names the nearest known one
   */
  public Setting setting(String name) {
    Setting setting = settings.get(name);
    if (setting == null) {
      String path = section.isEmpty() ? name : section + "." + name;
      throw new UserException(
          "unknown key "
              + path
              + ": did you mean "
              + Nearest.of(path, settings.values().stream().map(Setting::path).toList())
              + "?");
    }
    return setting;
  }

  /** The record with every default. */
  public R defaults() {
    return create(Map.of());
  }

  /**
   * Creates the record from values by name; what is not given takes its default.
   *
   * @throws UserException when a name is unknown or a value is not allowed
   */
  public R create(Map<String, ?> values) {
    values.keySet().forEach(this::setting);
    List<Object> arguments = new ArrayList<>();
    for (Setting setting : settings.values()) {
      Object raw = values.get(setting.name());
      arguments.add(raw == null ? setting.defaultValue() : setting.convert(raw));
    }
    Class<?>[] types = settings.values().stream().map(Setting::type).toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot create " + type.getName(), e);
    }
  }

  /** The record's values by name, in the order of declaration: what {@link #create} would take. */
  public Map<String, Object> values(R record) {
    Map<String, Object> values = new LinkedHashMap<>();
    components.forEach(
        (name, component) -> {
          try {
            values.put(name, component.getAccessor().invoke(record));
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + type.getName() + "." + name, e);
          }
        });
    return values;
  }

  /** {@code numTrainEpochs} becomes {@code num_train_epochs}. */
  public static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }
}
