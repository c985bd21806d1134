package org.sparkfinetune.explain;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.config.Setting;

/** Settings of explanations as users give them. */
final class TestArguments {
  private TestArguments() {}

  /** Defaults but for what is given. */
  static ExplainArguments of(Map<String, Object> given) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Setting setting : ExplainArguments.SCHEMA.settings()) {
      Object value = given.get(setting.name());
      values.put(setting.name(), value == null ? setting.defaultValue() : setting.convert(value));
    }
    return ExplainArguments.SCHEMA.create(values);
  }
}
