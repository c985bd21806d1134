package com.databricks.config;

import java.util.HashMap;
import java.util.Map;

/** What a Databricks cluster has under this name, which MLflow's client looks for. */
public final class DatabricksClientSettingsProvider extends HashMap<String, String> {
  private static final long serialVersionUID = 1L;

  /** The cluster's host and credentials; empty elsewhere. */
  public static volatile Map<String, String> settings = Map.of();

  public DatabricksClientSettingsProvider() {
    super(settings);
  }
}
