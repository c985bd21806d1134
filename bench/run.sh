# Runs a benchmark of this folder; bench/workers and its like source it.
#
#   run_bench MODULE ARGUMENT...
#
# The modules themselves use Python's standard library alone; what Hugging Face's side needs is installed by
# train_vs_huggingface.py into an environment of its own.

set -euo pipefail

run_bench() {
  local folder python module="$1"
  shift
  folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
  python="${PYTHON:-python3}"
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "bench/${module//_/-}: needs Python 3.11 or newer as python3 (or as \$PYTHON names it)" >&2
    exit 2
  fi
  exec "$python" "$folder/$module.py" "$@"
}
