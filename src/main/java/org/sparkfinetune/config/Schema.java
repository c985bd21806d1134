package org.sparkfinetune.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Nearest;

/**
 * The settings that a record declares with {@link Key}, under one section of the configuration. A
 * component that is itself a record adds its settings to the section: records may group what keys
 * do not.
 *
 * @param <R> the settings record
 */
@PublicApi
public final class Schema<R extends Record> {
  private final String section;
  private final Class<R> type;
  private final Map<String, Setting> settings = new LinkedHashMap<>();

  private Schema(String section, Class<R> type) {
    this.section = section;
    this.type = type;
    declare(type);
  }

  private void declare(Class<?> record) {
    for (RecordComponent component : record.getRecordComponents()) {
      if (component.getType().isRecord()) {
        declare(component.getType());
        continue;
      }
      Key key = component.getAnnotation(Key.class);
      if (key == null) {
        throw new IllegalArgumentException(
            record.getName() + "." + component.getName() + ": no @Key");
      }
      String name = snakeCase(component.getName());
      if (settings.put(name, new Setting(section, name, component.getType(), key)) != null) {
        throw new IllegalArgumentException(record.getName() + ": " + name + " is declared twice");
      }
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
    return type.cast(create(type, values));
  }

  private Object create(Class<?> record, Map<String, ?> values) {
    RecordComponent[] components = record.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] arguments =
        Arrays.stream(components).map(component -> argument(component, values)).toArray();
    try {
      return record.getDeclaredConstructor(types).newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot create " + record.getName(), e);
    }
  }

  private Object argument(RecordComponent component, Map<String, ?> values) {
    if (component.getType().isRecord()) {
      return create(component.getType(), values);
    }
    Setting setting = settings.get(snakeCase(component.getName()));
    Object raw = values.get(setting.name());
    return raw == null ? setting.defaultValue() : setting.convert(raw);
  }

  /** The record's values by name, in the order of declaration: what {@link #create} would take. */
  public Map<String, Object> values(R record) {
    Map<String, Object> values = new LinkedHashMap<>();
    collect(record, values);
    return values;
  }

  private static void collect(Object record, Map<String, Object> values) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        Object value = component.getAccessor().invoke(record);
        if (value instanceof Record part) {
          collect(part, values);
        } else {
          values.put(snakeCase(component.getName()), value);
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(
            "cannot read " + record.getClass().getName() + "." + component.getName(), e);
      }
    }
  }

  /** {@code numTrainEpochs} becomes {@code num_train_epochs}. */
  public static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }
}
