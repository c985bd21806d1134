package org.sparkfinetune.finetune;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.TransferBar;
import org.sparkfinetune.hub.HubId;
import org.sparkfinetune.hub.HubSettings;
import org.sparkfinetune.hub.HubUpload;
import org.sparkfinetune.hub.RepoType;
import org.sparkfinetune.hub.UploadSource;
import org.sparkfinetune.model.io.HubModelResolver;

/** Uploads an exported model to a repository of the hub. */
final class HubPush {
  private static final String KEY = "push_to_hub=";
  private static final String CARD = "README.md";

  /** What stands in a card for where the model is. */
  private static final String PLACE = "\"PATH\"";

  private final HubId id;
  private final boolean isPrivate;
  private final HubUpload upload;

  /**
   * Checks what can be checked before anything is exported.
   *
   * @param name of the repository, {@code ORG/NAME}
   * @throws UserException when it is no name of one, or there is no token
   */
  HubPush(String name, boolean isPrivate, Configuration hadoop) {
    if (!HubId.isBare(name) && !HubId.isUri(name)) {
      throw new UserException(KEY + name + " is no repository: expected ORG/NAME");
    }
    id = HubId.parse(name);
    if (id.type() != RepoType.MODEL || !id.revision().isEmpty()) {
      throw new UserException(
          KEY + name + " is not where a model is uploaded to: expected ORG/NAME");
    }
    this.isPrivate = isPrivate;
    HubSettings settings = HubModelResolver.settings(hadoop, System.getenv());
    upload = new HubUpload(id, KEY + name, settings);
  }

  /** What {@code from_pretrained} is given for it. */
  String name() {
    return id.name();
  }

  /**
   * Uploads all files of a folder as one commit.
   *
   * @param placeInCard whether the card's example loads the model by its name on the hub
   * @return the commit's address
   */
  String push(Path folder, boolean placeInCard, Configuration hadoop, Console console)
      throws IOException {
    FileSystem fileSystem = folder.getFileSystem(hadoop);
    Path root = fileSystem.makeQualified(folder);
    Map<String, UploadSource> files = new TreeMap<>();
    RemoteIterator<LocatedFileStatus> found = fileSystem.listFiles(root, true);
    while (found.hasNext()) {
      Path file = found.next().getPath();
      String name = root.toUri().relativize(file.toUri()).getPath();
      files.put(
          name,
          placeInCard && name.equals(CARD)
              ? () -> placed(fileSystem, file)
              : () -> fileSystem.open(file));
    }
    upload.create(isPrivate);
    try (TransferBar bar = new TransferBar(console, "uploading")) {
      return upload.commit(files, "Upload a model of spark-finetune", bar::show);
    }
  }

  private InputStream placed(FileSystem fileSystem, Path card) throws IOException {
    try (InputStream in = fileSystem.open(card)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new ByteArrayInputStream(
          text.replace(PLACE, "\"" + id.name() + "\"").getBytes(StandardCharsets.UTF_8));
    }
  }
}
