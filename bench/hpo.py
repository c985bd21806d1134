"""A sampler alone on a test function: prints CSV (seed,trial,value,best), a line a trial, where best is the smallest value
so far. FUNCTION: sphere, branin, hartmann6, rosenbrock-log, mixed. SAMPLER: random, grid, sobol, tpe, tpe-univariate,
tpe-multivariate. N trials for each of the seeds 0 to SEEDS - 1.
"""

import argparse
import os
import pathlib
import subprocess
import sys

import common

MAIN = "org.sparkfinetune.tune.sampler.HpoMain"


def is_stale(file):
    if not file.exists():
        return True
    made = file.stat().st_mtime
    sources = [common.ROOT / "pom.xml", *(common.ROOT / "src").rglob("*.java")]
    return any(source.stat().st_mtime > made for source in sources)


def java_command(main_class=MAIN, options=()):
    """What runs the Java side; built first where it is missing or older than the sources."""
    classpath = common.ROOT / "target" / "bench-hpo-classpath.txt"
    if is_stale(classpath):
        print("building ...", file=sys.stderr, flush=True)
        maven = ["mvn", "-q", "-B", "-Dspotless.check.skip=true", "-f", common.ROOT / "pom.xml", "test-compile"]
        maven += ["dependency:build-classpath", f"-Dmdep.outputFile={classpath}"]
        common.watch(maven, common.WORK / "build.log")
        classpath.touch()
    java = pathlib.Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
    target = common.ROOT / "target"
    return [java, *options, "-cp", f"{target / 'test-classes'}:{target / 'classes'}:{classpath.read_text().strip()}", main_class]


def main():
    raw = argparse.RawDescriptionHelpFormatter
    parser = common.Parser(prog="bench/hpo", description=__doc__, formatter_class=raw)
    parser.add_argument("function", metavar="FUNCTION")
    parser.add_argument("sampler", metavar="SAMPLER")
    parser.add_argument("trials", metavar="N", type=common.positive)
    parser.add_argument("seeds", metavar="SEEDS", type=common.positive)
    args = parser.parse_args()
    command = [*java_command(), args.function, args.sampler, args.trials, args.seeds]
    # It says itself what is wrong.
    sys.exit(subprocess.run([str(c) for c in command], cwd=common.ROOT).returncode)


if __name__ == "__main__":
    common.main(main)
