package org.sparkfinetune.jobs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.util.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;

/**
 * What Spark and Hadoop take for granted of a machine, and containers do not have: a name that
 * resolves, a user with a name and a home, a locale that can spell the names of files.
 */
final class LocalMachine {
  private static final Logger LOG = LoggerFactory.getLogger(LocalMachine.class);

  /** What Java says where the system knows no name, or no home, of a user. */
  private static final String UNKNOWN = "?";

  private LocalMachine() {}

  /**
   * Gives a user without a name, as of {@code docker run --user 12345}, one, which Hadoop cannot do
   * without, and a home, in which libraries keep what they unpack.
   */
  static void nameUser() {
    String name = System.getProperty("user.name", UNKNOWN);
    String home = System.getProperty("user.home", UNKNOWN);
    if (home.equals(UNKNOWN) || !Files.isDirectory(Path.of(home))) {
      System.setProperty("user.home", home(System.getenv()));
    }
    if (!name.equals(UNKNOWN) && !name.isEmpty()) {
      return;
    }
    String named = System.getenv().getOrDefault("HADOOP_USER_NAME", "nobody");
    System.setProperty("user.name", named);
    try {
      UserGroupInformation.getLoginUser();
    } catch (IOException | RuntimeException e) {
      // The system's login asks the system for the name.
      UserGroupInformation.setLoginUser(UserGroupInformation.createRemoteUser(named));
      LOG.info("this user has no name: {} is taken", named);
    }
  }

  private static String home(Map<String, String> environment) {
    String home = environment.getOrDefault("HOME", "");
    if (!home.isEmpty() && Files.isWritable(Path.of(home))) {
      return home;
    }
    try {
      return Files.createTempDirectory("spark-finetune-home").toString();
    } catch (IOException e) {
      return System.getProperty("java.io.tmpdir");
    }
  }

  /**
   * Refuses arguments that have not come through: Java has put a mark in the place of each
   * character that the locale does not have.
   *
   * @throws UserException naming the locale's character set
   */
  static void requireSpelling(List<String> arguments) {
    String charset = System.getProperty("sun.jnu.encoding", "UTF-8");
    for (String argument : arguments) {
      if (argument.indexOf('\uFFFD') >= 0 && !Charset.forName(charset).name().equals("UTF-8")) {
        throw new UserException(
            "'"
                + argument
                + "' has characters that the locale's "
                + charset
                + " does not: set LC_ALL=C.UTF-8, or another locale of UTF-8");
      }
    }
  }

  /**
   * Gives a machine whose name does not resolve another for Spark, where nothing but this process
   * is to find it.
   *
   * @throws UserException when others are to
   */
  static void nameHost(String master, Map<String, String> environment) {
    if (environment.containsKey("SPARK_LOCAL_IP")
        || environment.containsKey("SPARK_LOCAL_HOSTNAME")) {
      return;
    }
    try {
      InetAddress.getLocalHost();
    } catch (UnknownHostException e) {
      if (!master.startsWith("local") || master.startsWith("local-cluster")) {
        throw new UserException(
            "this machine's name does not resolve ("
                + e.getMessage()
                + "): set SPARK_LOCAL_IP to an address of its that the cluster reaches, or add the"
                + " name to /etc/hosts",
            e);
      }
      Utils.setCustomHostname("localhost");
      LOG.info("this machine's name does not resolve: localhost is taken", e);
    }
  }
}
