package org.sparkfinetune.model.io;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.TransferListener;

/** All that a further scheme takes: {@code shelf:/FOLDER} is a folder on this host's disk. */
public final class ShelfResolver implements ModelResolver {
  @Override
  public Set<String> schemes() {
    return Set.of("shelf");
  }

  @Override
  public Path resolve(String uri, Configuration settings, TransferListener listener) {
    Path folder = Path.of(uri.substring("shelf:".length()));
    if (!Files.isDirectory(folder)) {
      throw new UserException(uri + ": there is no such folder");
    }
    return folder;
  }
}
