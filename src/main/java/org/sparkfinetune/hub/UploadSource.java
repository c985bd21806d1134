package org.sparkfinetune.hub;

import java.io.IOException;
import java.io.InputStream;

/** A file to be uploaded. */
@FunctionalInterface
public interface UploadSource {
  /** Opens it at its first byte; several times. The caller closes it. */
  InputStream open() throws IOException;
}
