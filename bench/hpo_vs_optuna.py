"""TPE of ours against Optuna's TPESampler on the test functions of bench/hpo: the regret (best value found less the smallest
there is) after the last trial, over the seeds, compared by Mann-Whitney's two-sided test. Ours is not worse where p >= 0.05,
or where its regrets are the smaller ones. Exit code 1: it is worse somewhere.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys

import common
import hpo
import hpo_functions

WORK = common.WORK / "hpo"
# Our names, and what Optuna's sampler is to be asked for; None is its own default.
VARIANTS = {"default": ("tpe", None), "univariate": ("tpe-univariate", False)}
SIGNIFICANT = 0.05


def ours(java, function, sampler, trials, seeds):
    """The final regrets by seed, each trial's value computed here too."""
    path = WORK / f"{function}-{sampler}.jsonl"
    arguments = [*java, function, sampler, trials, seeds, path]
    done = subprocess.run([str(a) for a in arguments], cwd=common.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise common.RunFailed(done.stderr.strip().replace("\n", " | "))
    _, value, minimum = hpo_functions.FUNCTIONS[function]
    for line in path.read_text().splitlines():
        trial = json.loads(line)
        if not math.isclose(value(trial["params"]), trial["value"], rel_tol=1e-9, abs_tol=1e-12):
            raise common.RunFailed(f"{function} is another function here: {trial} here has {value(trial['params'])}")
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    regrets = [float(best) - minimum for _, trial, _, best in rows if int(trial) == trials - 1]
    if len(regrets) != seeds or len(rows) != seeds * trials:
        raise common.RunFailed(f"{function}: expected {seeds * trials} trials, {len(rows)} came")
    return regrets


def theirs(function, multivariate, trials, seeds):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, value, minimum = hpo_functions.FUNCTIONS[function]
    regrets = []
    for seed in range(seeds):
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=multivariate))
        study.optimize(lambda trial: value(space(trial)), n_trials=trials)
        regrets.append(study.best_value - minimum)
    return regrets


def compare(args):
    import optuna
    from scipy.stats import mannwhitneyu

    WORK.mkdir(parents=True, exist_ok=True)
    java = hpo.java_command()
    names = list(VARIANTS) if args.variant == "all" else [args.variant]
    functions = list(hpo_functions.FUNCTIONS)
    print(f"regret after {args.trials} trials, median (smallest-largest) of {args.seeds} seeds; Optuna {optuna.__version__}\n")
    columns = [("function", 14), ("tpe", 12), ("ours", 30), ("optuna", 30), ("p", 6), ("not worse", 9)]
    table = common.Table(len(names) * len(functions), columns)
    results, worse = {}, []
    for name in names:
        sampler, multivariate = VARIANTS[name]
        for function in functions:
            table.begin(f"{function}, {name}")
            a = ours(java, function, sampler, args.trials, args.seeds)
            b = theirs(function, multivariate, args.trials, args.seeds)
            u, p = mannwhitneyu(a, b, alternative="two-sided")
            fine = p >= SIGNIFICANT or u < len(a) * len(b) / 2
            worse += [] if fine else [f"{function} ({name})"]
            results[f"{function}/{name}"] = {
                "regret": float(f"{statistics.median(a):.4g}"),
                "regret_optuna": float(f"{statistics.median(b):.4g}"),
                "p": float(f"{p:.4g}"),
                "not_worse": bool(fine),
            }
            spread = [f"{statistics.median(r):.3g} ({min(r):.3g}-{max(r):.3g})" for r in (a, b)]
            table.row(function, name, *spread, f"{p:.3f}", "yes" if fine else "NO")
    common.print_json(
        {"optuna": optuna.__version__, "trials": args.trials, "seeds": args.seeds, "not_worse": not worse, "functions": results}
    )
    if worse:
        raise common.RunFailed(f"regret is worse than Optuna's on {', '.join(worse)}")


def main():
    raw = argparse.RawDescriptionHelpFormatter
    parser = common.Parser(prog="bench/hpo-vs-optuna", description=__doc__, formatter_class=raw)
    parser.add_argument("--trials", type=common.positive, default=100, metavar="N", help="default: 100")
    parser.add_argument("--seeds", type=common.positive, default=30, metavar="N", help="default: 30")
    parser.add_argument(
        "--variant",
        choices=["all", *VARIANTS],
        default="all",
        help="default: both as they come, which is multivariate; univariate: each parameter on its own; default: all",
    )
    args = parser.parse_args()
    python = common.environment("hpo")
    if sys.prefix != str(python.parents[1]):
        # Again, where Optuna is.
        sys.exit(subprocess.run([str(python), __file__, *sys.argv[1:]]).returncode)
    compare(args)


if __name__ == "__main__":
    common.main(main)
