package org.sparkfinetune.hub;

import java.nio.file.Path;

/** Fetches a repository, by the environment's settings, and prints its folder. Argument: the id. */
public final class HubFetchMain {
  private HubFetchMain() {}

  /** Runs in a JVM of its own, to share a cache with others. */
  public static void main(String[] args) {
    HubRepository repository =
        HubRepository.open(HubId.parse(args[0]), args[0], HubSettings.of(System::getenv));
    Path snapshot = repository.fetch(repository.names(), TransferListener.NONE);
    System.out.println("fetched " + snapshot);
  }
}
