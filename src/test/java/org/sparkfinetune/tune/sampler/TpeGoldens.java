package org.sparkfinetune.tune.sampler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.apache.commons.math3.random.MersenneTwister;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Condition;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/** What Optuna and SciPy say, as {@code tools/goldens/samplers.py} has written it. */
final class TpeGoldens {
  static final JsonNode JSON = read();

  private TpeGoldens() {}

  private static JsonNode read() {
    Path file = Path.of("src/test/resources/org/sparkfinetune/tune/tpe.json.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  static double[] doubles(JsonNode array) {
    return stream(array).mapToDouble(JsonNode::asDouble).toArray();
  }

  static double[][] rows(JsonNode array) {
    return stream(array).map(TpeGoldens::doubles).toArray(double[][]::new);
  }

  /** A space, as it stands under {@code space} or {@code past}. */
  static SearchSpace space(JsonNode parameters) {
    return new SearchSpace(stream(parameters).map(TpeGoldens::parameter).toList());
  }

  private static Parameter parameter(JsonNode json) {
    JsonNode when = json.get("when");
    Optional<Condition> condition =
        when.isNull()
            ? Optional.empty()
            : Optional.of(
                new Condition(
                    when.get("parameter").asText(),
                    stream(when.get("values")).map(TpeGoldens::scalar).toList()));
    return new Parameter(json.get("name").asText(), distribution(json), condition);
  }

  private static Distribution distribution(JsonNode json) {
    return switch (json.get("type").asText()) {
      case "float" ->
          new FloatDistribution(
              json.get("low").asDouble(),
              json.get("high").asDouble(),
              json.get("log").asBoolean(),
              json.get("step").asDouble());
      case "int" ->
          new IntDistribution(
              json.get("low").asLong(),
              json.get("high").asLong(),
              json.get("log").asBoolean(),
              json.get("step").asLong());
      default ->
          new CategoricalDistribution(stream(json.get("choices")).map(TpeGoldens::scalar).toList());
    };
  }

  static Object scalar(JsonNode json) {
    return json.isIntegralNumber()
        ? (Object) json.asLong()
        : json.isNumber()
            ? (Object) json.asDouble()
            : json.isBoolean() ? (Object) json.asBoolean() : json.asText();
  }

  static Map<String, Object> params(JsonNode json) {
    Map<String, Object> params = new LinkedHashMap<>();
    json.fields().forEachRemaining(e -> params.put(e.getKey(), scalar(e.getValue())));
    return params;
  }

  static History history(JsonNode golden) {
    SearchSpace past = space(golden.get("past"));
    List<FrozenTrial> trials = new ArrayList<>();
    for (JsonNode json : golden.get("trials")) {
      Map<String, Object> params = params(json.get("params"));
      String state = json.get("state").asText();
      TreeMap<Integer, Double> steps = new TreeMap<>();
      json.get("intermediate_values")
          .fields()
          .forEachRemaining(e -> steps.put(Integer.valueOf(e.getKey()), e.getValue().asDouble()));
      trials.add(
          new FrozenTrial(
              json.get("number").asInt(),
              state.equals("FAIL") ? TrialState.FAILED : TrialState.valueOf(state),
              params,
              past.distributions(params),
              stream(json.get("values")).map(JsonNode::asDouble).toList(),
              steps,
              stream(json.get("constraints")).map(JsonNode::asDouble).toList(),
              1,
              2,
              0,
              ""));
    }
    return new History(
        stream(golden.get("directions"))
            .map(d -> Direction.valueOf(d.asText().toUpperCase(Locale.ROOT)))
            .toList(),
        trials);
  }

  /**
   * The numbers that numpy's {@code RandomState(seed).random_sample()} gives one after the other.
   */
  static DoubleSupplier numpy(int seed) {
    MersenneTwister twister = new MersenneTwister(seed);
    return () ->
        ((twister.nextInt() >>> 5) * 67108864.0 + (twister.nextInt() >>> 6)) / 9007199254740992.0;
  }
}
