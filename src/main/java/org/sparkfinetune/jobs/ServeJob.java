package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.serve.InferenceServer;
import org.sparkfinetune.serve.LocalClassifier;
import org.sparkfinetune.serve.ServeArguments;
import org.sparkfinetune.torch.Libtorch;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.train.InferenceArguments;

/** Classifies texts over HTTP until it is told to stop. */
final class ServeJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(ServeJobArguments.SCHEMA)
          .and(ServeArguments.SCHEMA)
          .and(InferenceArguments.SCHEMA)
          .and(TrackingArguments.SCHEMA, "uri")
          .and(CommonArguments.SCHEMA);

  @Override
  public String name() {
    return "serve";
  }

  @Override
  public String summary() {
    return "Classifies texts over HTTP, in the shape of Hugging Face's inference API, until it is"
        + " stopped by SIGTERM or Ctrl-C. Starts no Spark.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/serve model=runs/first",
        "jobs/serve model=models:/intents@champion serve.port=9000 serve.max_batch_size=64",
        "jobs/serve model=runs/first serve.host=0.0.0.0 serve.token_file=/run/secrets/token");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model");
  }

  /** It may have requests to answer for longer than others have. */
  @Override
  public boolean tellsItsEnd() {
    return true;
  }

  @Override
  public void run(Settings config, Configuration hadoop, Console console)
      throws InterruptedException {
    String model = config.get(ServeJobArguments.SCHEMA).model();
    String precision = Setting.spelling(config.get(InferenceArguments.SCHEMA).precision());
    // The address first: one that is taken is not found out after a minute of loading.
    try (InferenceServer server =
            InferenceServer.bind(config.get(ServeArguments.SCHEMA), System.getenv());
        LocalClassifier classifier = LocalClassifier.load(model, hadoop, precision)) {
      Libtorch.beforeEnd(server::close);
      try {
        server.start(classifier);
        console.line(
            "Serving %s (%,d labels, texts of up to %,d tokens) at %s",
            model, classifier.labels().size(), classifier.maxLength(), server.url());
        if (server.isOpen()) {
          console.line(
              "Whoever reaches this address is answered: set serve.token_file, or see that only"
                  + " those reach it who may");
        }
        server.awaitStop();
      } finally {
        // Before the classifier is.
        server.close();
      }
      console.line("Stopped");
    }
  }
}
