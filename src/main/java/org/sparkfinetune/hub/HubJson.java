package org.sparkfinetune.hub;

import com.fasterxml.jackson.databind.ObjectMapper;

/** What the Hub is told and says. */
final class HubJson {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private HubJson() {}
}
