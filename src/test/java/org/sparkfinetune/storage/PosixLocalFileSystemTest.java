package org.sparkfinetune.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PosixLocalFileSystemTest {
  @TempDir java.nio.file.Path folder;

  @Test
  void setsPermissionsAndWritesAsHadoopsOwnDoes() throws Exception {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.file.impl", PosixLocalFileSystem.class.getName());
    try (FileSystem files = FileSystem.newInstance(folder.toUri(), hadoop)) {
      assertThat(files).isInstanceOf(PosixLocalFileSystem.class);
      Path file = new Path(new Path(folder.toUri()), "a/b.txt");
      files.create(file, true).close();
      assertThat(folder.resolve("a/.b.txt.crc")).exists();
      for (String permission : new String[] {"rw-r-----", "rwxr-xr-x", "---------"}) {
        files.setPermission(file, FsPermission.valueOf("-" + permission));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(local())))
            .isEqualTo(permission);
      }
    }
  }

  private java.nio.file.Path local() {
    return folder.resolve("a/b.txt");
  }
}
