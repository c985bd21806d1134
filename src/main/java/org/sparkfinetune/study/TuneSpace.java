package org.sparkfinetune.study;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Condition;
import org.sparkfinetune.tune.SearchSpace.Parameter;

/**
 * Reads a search space: HOCON whose keys are those of the settings that are searched.
 *
 * <p>Choices are held as {@code Long}, {@code Double}, {@code Boolean} or {@code String}, as they
 * come out of a study's file.
 */
final class TuneSpace {
  private static final Set<String> SECTIONS = Set.of("training", "model", "data");

  private static final List<String> RANGE = List.of("low", "high", "log", "step");

  private static final Set<String> WORDS = Set.of("low", "high", "log", "step", "choices", "when");

  private final SettingKeys keys;
  private final List<Parameter> parameters = new ArrayList<>();

  private TuneSpace(SettingKeys keys) {
    this.keys = keys;
  }

  /**
   * Reads a space.
   *
   * @param keys the settings that there are
   * @throws UserException when a key is unknown or a range is not allowed; the message names both
   */
  static SearchSpace parse(String hocon, SettingKeys keys) {
    TuneSpace space = new TuneSpace(keys);
    space.collect("", object("tune.space", hocon));
    if (space.parameters.isEmpty()) {
      throw new UserException(
          "tune.space is not set: expected what to search, as in"
              + " tune.space.training.learning_rate='{low=1e-5, high=1e-3, log=true}'");
    }
    space.checkConditions();
    // HOCON has no order: that of the settings, for who reads them.
    List<String> order = keys.settings().stream().map(Setting::path).toList();
    space.parameters.sort(Comparator.comparingInt(parameter -> order.indexOf(parameter.name())));
    return new SearchSpace(space.parameters);
  }

  /** A space as {@link #parse} reads it. */
  static String toHocon(SearchSpace space) {
    StringBuilder hocon = new StringBuilder();
    for (Parameter parameter : space.parameters()) {
      Map<String, Object> written = new LinkedHashMap<>();
      Distribution distribution = parameter.distribution();
      if (distribution instanceof CategoricalDistribution categorical) {
        written.put("choices", categorical.choices());
      } else if (distribution instanceof IntDistribution range) {
        written.put("low", range.low());
        written.put("high", range.high());
        written.put("log", range.log());
        written.put("step", range.step());
      } else if (distribution instanceof FloatDistribution range) {
        written.put("low", range.low());
        written.put("high", range.high());
        written.put("log", range.log());
        if (range.step() > 0) {
          written.put("step", range.step());
        }
      }
      parameter
          .condition()
          .ifPresent(when -> written.put("when", Map.of(when.parameter(), when.values())));
      hocon
          .append(parameter.name())
          .append(" = ")
          .append(ConfigValueFactory.fromAnyRef(written).render(ConfigRenderOptions.concise()))
          .append('\n');
    }
    return hocon.toString();
  }

  /**
   * Reads settings to begin with.
   *
   * @throws UserException when a key is unknown or a value is not allowed
   */
  static List<Map<String, Object>> enqueued(String hocon, SettingKeys keys) {
    List<Map<String, Object>> settings = new ArrayList<>();
    if (hocon.isEmpty()) {
      return settings;
    }
    ConfigValue value;
    try {
      value = ConfigFactory.parseString("v = " + hocon).getValue("v");
    } catch (ConfigException e) {
      throw new UserException("tune.enqueue is no HOCON: " + oneLine(e), e);
    }
    if (!(value instanceof ConfigList list)) {
      throw new UserException("tune.enqueue is no list: expected a list of settings");
    }
    for (ConfigValue setting : list) {
      if (!(setting instanceof ConfigObject object)) {
        throw new UserException(
            "tune.enqueue has " + setting.unwrapped() + ": expected {KEY = VALUE, ...}");
      }
      Map<String, Object> values = new LinkedHashMap<>();
      flat(object.toConfig())
          .forEach((key, raw) -> values.put(key, plain(keys.setting(key).convert(raw))));
      settings.add(values);
    }
    return settings;
  }

  private static ConfigObject object(String key, String hocon) {
    try {
      return ConfigFactory.parseString(hocon).root();
    } catch (ConfigException e) {
      throw new UserException(key + " is no HOCON: " + oneLine(e), e);
    }
  }

  private static String oneLine(Exception e) {
    return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
  }

  private void collect(String prefix, ConfigObject object) {
    object.forEach(
        (name, value) -> {
          String path = prefix.isEmpty() ? name : prefix + "." + name;
          if (!keys.has(path)
              && value instanceof ConfigObject below
              && Collections.disjoint(below.keySet(), WORDS)) {
            collect(path, below);
            return;
          }
          if (!path.contains(".")) {
            throw notSearched(path);
          }
          Setting setting = setting(path);
          if (!SECTIONS.contains(path.substring(0, path.indexOf('.')))) {
            throw notSearched(path);
          }
          try {
            parameters.add(parameter(setting, value));
          } catch (ConfigException | UserException e) {
            throw new UserException("tune.space." + path + ": " + oneLine(e), e);
          }
        });
  }

  private static UserException notSearched(String path) {
    return new UserException("tune.space." + path + ": expected a key of training, model or data");
  }

  /** Without this, a parameter that depends on what never is would never be searched. */
  private void checkConditions() {
    for (Parameter parameter : parameters) {
      parameter.condition().ifPresent(condition -> check(parameter, condition));
    }
  }

  private void check(Parameter parameter, Condition condition) {
    Optional<Distribution> other =
        parameters.stream()
            .filter(p -> p.name().equals(condition.parameter()))
            .map(Parameter::distribution)
            .findFirst();
    for (Object value : condition.values()) {
      if (other.isPresent() && !other.get().contains(value)) {
        throw new UserException(
            "tune.space.%s: when %s=%s can never be: expected a value of %s"
                .formatted(parameter.name(), condition.parameter(), value, text(other.get())));
      }
    }
  }

  private static String text(Distribution distribution) {
    if (distribution instanceof CategoricalDistribution categorical) {
      return String.valueOf(categorical.choices());
    } else if (distribution instanceof IntDistribution range) {
      return range.low() + " to " + range.high() + ", step " + range.step();
    }
    FloatDistribution range = (FloatDistribution) distribution;
    String step = range.step() == 0 ? "" : ", step " + range.step();
    return range.low() + " to " + range.high() + step;
  }

  private Setting setting(String path) {
    try {
      return keys.setting(path);
    } catch (UserException e) {
      throw new UserException("tune.space: " + e.getMessage(), e);
    }
  }

  private Parameter parameter(Setting setting, ConfigValue value) {
    if (value instanceof ConfigList list) {
      return new Parameter(setting.path(), choices(setting, list), Optional.empty());
    }
    if (!(value instanceof ConfigObject object)) {
      throw new UserException(
          value.unwrapped()
              + " is one value: expected a list, {low, high} or {choices}; a fixed value belongs to "
              + setting.path()
              + " itself");
    }
    Set<String> unknown = new TreeSet<>(object.keySet());
    unknown.removeAll(WORDS);
    if (!unknown.isEmpty()) {
      throw new UserException(
          unknown.iterator().next() + " is unknown: expected low, high, log, step, choices, when");
    }
    Config config = object.toConfig();
    List<String> ofRange = RANGE.stream().filter(config::hasPath).toList();
    if (config.hasPath("choices") && !ofRange.isEmpty()) {
      throw new UserException(
          "choices and " + ofRange.get(0) + " are both set: expected choices, or low and high");
    }
    Distribution distribution =
        config.hasPath("choices")
            ? choices(setting, config.getList("choices"))
            : range(setting, config);
    return new Parameter(setting.path(), distribution, condition(config));
  }

  private static Distribution choices(Setting setting, ConfigList list) {
    return new CategoricalDistribution(
        list.unwrapped().stream().map(choice -> plain(setting.convert(choice))).toList());
  }

  private static Distribution range(Setting setting, Config config) {
    if (!config.hasPath("low") || !config.hasPath("high")) {
      throw new UserException("expected low and high, or choices");
    }
    boolean whole = setting.type() == int.class || setting.type() == long.class;
    if (!whole && setting.type() != double.class) {
      throw new UserException("it is no number: expected choices");
    }
    Object low = setting.convert(config.getAnyRef("low"));
    Object high = setting.convert(config.getAnyRef("high"));
    boolean log = config.hasPath("log") && config.getBoolean("log");
    return whole
        ? new IntDistribution(
            ((Number) low).longValue(),
            ((Number) high).longValue(),
            log,
            config.hasPath("step") ? wholeStep(config) : 1)
        : new FloatDistribution(
            (double) low,
            (double) high,
            log,
            config.hasPath("step") ? config.getDouble("step") : 0);
  }

  private static long wholeStep(Config config) {
    double step = config.getDouble("step");
    if (step != Math.rint(step)) {
      throw new UserException(
          "step=" + config.getAnyRef("step") + " is not allowed: expected a whole number");
    }
    return config.getLong("step");
  }

  private Optional<Condition> condition(Config config) {
    if (!config.hasPath("when")) {
      return Optional.empty();
    }
    Map<String, Object> when = flat(config.getConfig("when"));
    if (when.size() != 1) {
      throw new UserException("when has " + when.size() + " keys: expected {KEY = VALUE}");
    }
    Map.Entry<String, Object> only = when.entrySet().iterator().next();
    Setting other = keys.setting(only.getKey());
    List<?> values = only.getValue() instanceof List<?> list ? list : List.of(only.getValue());
    return Optional.of(
        new Condition(
            other.path(), values.stream().map(value -> plain(other.convert(value))).toList()));
  }

  private static Map<String, Object> flat(Config config) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
      values.put(
          String.join(".", ConfigUtil.splitPath(entry.getKey())), entry.getValue().unwrapped());
    }
    return values;
  }

  /** As a study's file has it. */
  private static Object plain(Object value) {
    if (value instanceof Double number && number.isNaN() || value instanceof Enum<?>) {
      return Setting.spelling(value);
    }
    return value instanceof Integer number ? (Object) number.longValue() : value;
  }
}
