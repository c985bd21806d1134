# Runs a job of org.sparkfinetune.jobs.Main; jobs/quickstart and its like source it.
#
#   run_job NAME ARGUMENT...
#
# With spark-submit (SPARK_HOME set, or on the PATH) the job runs on that Spark; otherwise, or with
# SPARK_FINETUNE_SPARK=maven, on the Spark that Maven resolves, with the jars of SPARK_FINETUNE_CLASSPATH
# on its class path. What is missing or older than the sources is built first. In an unpacked bundle
# (tools/bundle) nothing is built: the jar is in lib/, Java in java/, and Spark in spark/, if that was packed.
# Log files, which
# SPARK_FINETUNE_LOG_PERMISSIONS (rw-------) may read, go to SPARK_FINETUNE_LOGS (target/logs).

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
MAIN=org.sparkfinetune.jobs.Main

# Runs Maven quietly; shows what it said when it fails.
maven() {
  local log="$ROOT/target/build.log"
  if ! mkdir -p "$ROOT/target" 2>/dev/null || [[ ! -w "$ROOT/target" ]]; then
    echo "$JOB: $ROOT/target cannot be written to: let the user whom it belongs to build it, with any job's --help" >&2
    exit 2
  fi
  if ! command -v mvn >/dev/null; then
    echo "$JOB: building needs Maven (mvn), which is not on the PATH" >&2
    exit 1
  fi
  echo "building (the first run downloads about 1 GB) ..." >&2
  if ! mvn -B -f "$ROOT/pom.xml" -DskipTests "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "$JOB failed: the build failed; its log is $log" >&2
    exit 1
  fi
}

# Whether a file is missing, or older than pom.xml or any source.
is_stale() {
  [[ ! -e "$1" ]] || {
    ! is_bundle && [[ -n "$(find "$ROOT/pom.xml" "$ROOT/src/main" -newer "$1" -print -quit)" ]]
  }
}

is_bundle() {
  [[ ! -e "$ROOT/pom.xml" && -d "$ROOT/lib" ]]
}

# The driver's heap: SPARK_DRIVER_MEMORY, else 4g, but no more than half of this machine.
driver_memory() {
  if [[ -n "${SPARK_DRIVER_MEMORY:-}" ]]; then
    echo "$SPARK_DRIVER_MEMORY"
    return
  fi
  local kib=0
  if [[ -r /proc/meminfo ]]; then
    kib="$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)"
  elif command -v sysctl >/dev/null; then
    kib="$(($(sysctl -n hw.memsize 2>/dev/null || echo 0) / 1024))"
  fi
  local half=$((kib / 2048))
  echo "$((half > 0 && half < 4096 ? half : 4096))m"
}

# The folder of the log files: SPARK_FINETUNE_LOGS, else target/logs, or where that cannot be written to, as
# of an installation of others, a new one. It is the user's alone, unless it is there already.
logs_folder() {
  local logs="${SPARK_FINETUNE_LOGS:-$ROOT/target/logs}"
  if ! (umask 077 && mkdir -p "$logs") 2>/dev/null || [[ ! -w "$logs" ]]; then
    if [[ -n "${SPARK_FINETUNE_LOGS:-}" ]]; then
      echo "$JOB: SPARK_FINETUNE_LOGS=$logs cannot be written to: name another folder" >&2
      return 1
    fi
    logs="$(mktemp -d "${TMPDIR:-/tmp}/spark-finetune-logs.XXXXXX")"
  fi
  echo "$logs"
}

# Names of files and arguments are UTF-8. Java takes them for ASCII in the locale C, which is what containers
# and cron have, and then finds no file with an umlaut.
use_utf8() {
  local utf8
  case "$(locale charmap 2>/dev/null)" in
    ANSI_X3.4-1968 | US-ASCII)
      for utf8 in C.UTF-8 C.utf8 en_US.UTF-8; do
        if [[ "$(LC_ALL="$utf8" locale charmap 2>/dev/null)" == UTF-8 ]]; then
          export LC_ALL="$utf8"
          return
        fi
      done
      ;;
  esac
}

# Fills JAVA_OPTIONS for the driver, with the log file and the terminal's width.
collect_java_options() {
  local line logs
  logs="$(logs_folder)" || exit 2
  JAVA_OPTIONS=()
  while IFS= read -r line; do
    [[ -z "$line" || "$line" == \#* ]] || JAVA_OPTIONS+=("$line")
  done <"$ROOT/conf/java-options"
  JAVA_OPTIONS+=(
    "-Dlog4j2.configurationFile=$ROOT/conf/log4j2.properties"
    "-Dspark-finetune.log.file=$logs/$JOB-$(date +%Y%m%d-%H%M%S)-$$.log"
    "-Dspark-finetune.log.permissions=${SPARK_FINETUNE_LOG_PERMISSIONS:-rw-------}"
    "-Dspark-finetune.scripts=$SCRIPTS"
  )
  if [[ -t 1 ]]; then
    JAVA_OPTIONS+=("-Dspark-finetune.columns=$(tput cols 2>/dev/null || echo 80)")
  fi
}

require_java() {
  local java="${JAVA_HOME:+$JAVA_HOME/bin/}java" version
  if ! command -v "$java" >/dev/null; then
    echo "$JOB: there is no $java: install a JDK 17, or set JAVA_HOME to one" >&2
    exit 2
  fi
  version="$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p')"
  if [[ -n "$version" ]] && ((version < 17)); then
    echo "$JOB: $java is Java $version: expected 17 or later; set JAVA_HOME to a JDK 17" >&2
    exit 2
  fi
}

# Refuses a Spark that the jar is not built for, before that is built. Where spark-submit is a script
# that calls another, as on EMR, the job itself finds out.
require_spark() {
  local submit="$1" bin jar found=""
  bin="$(dirname "$(readlink -f "$submit" 2>/dev/null || echo "$submit")")"
  # pip puts the scripts apart from the jars.
  for jar in "$bin"/../jars/spark-core_*.jar \
    "$bin"/../lib/python3*/{site,dist}-packages/pyspark/jars/spark-core_*.jar; do
    [[ -e "$jar" ]] || continue
    found="${jar##*/spark-core_}"
    if [[ "$found" == 2.12-3.5.* ]]; then
      # Spark's own settings may name a Java that is not ours.
      grep -qs JAVA_HOME "${SPARK_CONF_DIR:-${jar%/jars/*}/conf}/spark-env.sh" || require_java
      return
    fi
  done
  if [[ -n "$found" ]]; then
    found="${found%.jar}"
    echo "$JOB: $submit is of Spark ${found#*-} with Scala ${found%%-*}: expected Spark 3.5 with Scala 2.12;" \
      "set SPARK_HOME to one, or SPARK_FINETUNE_SPARK=maven to run on Maven's Spark" >&2
    exit 2
  fi
}

# make_archive JARS ARCHIVE: keeps classes of the jars as the JVM loads them fastest (class-data sharing), which
# takes a third of a short job's time away: those that a small training loads. An archive is of one Java and of
# one list of jars: the JVM does without one that is not its own, and so do we where none can be made.
make_archive() {
  local jars="$1" archive="$2" work java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
  work="$(mktemp -d "${TMPDIR:-/tmp}/spark-finetune-archive.XXXXXX")"
  head -n 41 "$ROOT/src/main/resources/org/sparkfinetune/sample/train.csv" >"$work/train.csv"
  if "$java" "-XX:DumpLoadedClassList=$work/classes.txt" -Xmx1g "@$ROOT/conf/java-options" \
    "-Dlog4j2.configurationFile=$ROOT/conf/log4j2.properties" "-Dspark-finetune.log.file=$work/log" \
    -Dspark-finetune.scripts=jobs -cp "$jars:$ROOT/target/classes" "$MAIN" fine-tune \
    "data.train=$work/train.csv" "output=$work/output" training.num_train_epochs=1 model.max_length=16 \
    'spark.master=local[1]' >"$work/output.txt" 2>&1 &&
    "$java" -Xshare:dump "-XX:SharedClassListFile=$work/classes.txt" "-XX:SharedArchiveFile=$archive.new" \
      -cp "$jars" >"$work/dump.txt" 2>&1; then
    mv -f "$archive.new" "$archive"
  fi
  rm -rf "$work"
}

# The Spark that Maven resolves, from Maven or from a bundle.
run_on_maven_spark() {
  local file="$ROOT/target/classpath.txt" archive="$ROOT/target/classes.jsa" classpath memory argument
  require_java
  if is_bundle; then
    classpath="$(cluster_jar):$ROOT/spark/jars/*"
  else
    if is_stale "$file"; then
      maven -Dspotless.check.skip=true compile dependency:build-classpath@compile dependency:build-classpath@runtime
      # Each jar once, where it comes first.
      (cat "$ROOT/target/classpath-compile.txt" && echo && cat "$ROOT/target/classpath-runtime.txt") |
        tr ':' '\n' | awk 'NF && !seen[$0]++' | paste -sd: - >"$file.new"
      if ! cmp -s "$file.new" "$archive.txt"; then
        rm -f "$archive"
        make_archive "$(<"$file.new")" "$archive"
        cp "$file.new" "$archive.txt"
      fi
      mv "$file.new" "$file"
    fi
    # Jars first: an archive wants the class path to begin as it did when it was made.
    classpath="$(<"$file"):$ROOT/target/classes"
    # With a recorder or an agent, which look at each class that is loaded, a JVM of version 17 crashes on an archive.
    if [[ -e "$archive" && -z "${JDK_JAVA_OPTIONS:-}${JAVA_TOOL_OPTIONS:-}" ]]; then
      JAVA_OPTIONS+=("-XX:SharedArchiveFile=$archive" -Xlog:cds=off)
    fi
  fi
  memory="$(driver_memory)"
  for argument in "$@"; do
    case "$argument" in spark.driver.memory=*) memory="${argument#*=}" ;; esac
  done
  exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" "-Xmx$memory" "${JAVA_OPTIONS[@]}" \
    -cp "$classpath${SPARK_FINETUNE_CLASSPATH:+:$SPARK_FINETUNE_CLASSPATH}" \
    "$MAIN" "$JOB" "$@"
}

run_on_spark_submit() {
  local submit="$1" argument option
  shift
  require_spark "$submit"
  local options=() arguments=() java_options=""
  for argument in "$@"; do
    case "$argument" in
      spark.*=*) options+=(--conf "$argument") ;;
      *) arguments+=("$argument") ;;
    esac
  done
  local jar
  jar="$(cluster_jar)"
  if [[ -z "$jar" ]] || is_stale "$jar"; then
    maven -Dspotless.check.skip=true -Pcluster package
    jar="$(cluster_jar)"
    touch "$jar"
  fi
  # spark-submit splits this string at spaces, but not within double quotes.
  for option in "${JAVA_OPTIONS[@]}"; do
    java_options+=" \"$option\""
  done
  export SPARK_DRIVER_MEMORY
  SPARK_DRIVER_MEMORY="$(driver_memory)"
  exec "$submit" --driver-java-options "$java_options" \
    ${options[@]+"${options[@]}"} \
    --class "$MAIN" "$jar" "$JOB" ${arguments[@]+"${arguments[@]}"}
}

cluster_jar() {
  local folder=target
  if is_bundle; then
    folder=lib
  fi
  find "$ROOT/$folder" -maxdepth 1 -name 'spark-finetune-*-cluster.jar' -print -quit 2>/dev/null
}

run_job() {
  JOB="$1"
  shift
  use_utf8
  if [[ -z "${JAVA_HOME:-}" && -x "$ROOT/java/bin/java" ]]; then
    export JAVA_HOME="$ROOT/java"
  fi
  collect_java_options
  case "${SPARK_FINETUNE_SPARK:-}" in
    "") ;;
    maven) run_on_maven_spark "$@" ;;
    *)
      echo "$JOB: SPARK_FINETUNE_SPARK=$SPARK_FINETUNE_SPARK is not allowed: expected maven; for another Spark, set SPARK_HOME" >&2
      exit 2
      ;;
  esac
  if [[ -n "${SPARK_HOME:-}" ]]; then
    if [[ ! -x "$SPARK_HOME/bin/spark-submit" ]]; then
      echo "$JOB: SPARK_HOME=$SPARK_HOME has no bin/spark-submit: correct it, or set SPARK_FINETUNE_SPARK=maven to run on Maven's Spark" >&2
      exit 2
    fi
    run_on_spark_submit "$SPARK_HOME/bin/spark-submit" "$@"
  elif [[ -x "$ROOT/spark/bin/spark-submit" ]]; then
    run_on_spark_submit "$ROOT/spark/bin/spark-submit" "$@"
  elif is_bundle && [[ -d "$ROOT/spark/jars" ]]; then
    run_on_maven_spark "$@"
  elif command -v spark-submit >/dev/null; then
    run_on_spark_submit "$(command -v spark-submit)" "$@"
  elif is_bundle; then
    echo "$JOB: this bundle has no Spark: set SPARK_HOME to one of version 3.5 with Scala 2.12, or pack one with tools/bundle --spark" >&2
    exit 2
  else
    run_on_maven_spark "$@"
  fi
}
