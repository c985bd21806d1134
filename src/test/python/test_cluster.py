"""Two executors, each a process of its own, and no Python in them."""

import subprocess
import sys
from pathlib import Path


def test_executors_do_all_of_it_and_start_no_python(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    lines = [f"my card {i} is lost,card\ni want a loan of {i} euros,loan" for i in range(12)]
    rows.write_text("text,label\n" + "\n".join(lines))
    script = Path(__file__).parent / "cluster.py"
    command = [sys.executable, str(script), str(rows), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "predicted 24" in done.stdout, done.stderr
    assert "loaded 24" in done.stdout, done.stderr
    assert "evaluated 24" in done.stdout, done.stderr
    assert f"trials {['COMPLETE'] * 4}" in done.stdout, done.stdout + done.stderr
    assert "java processes 3" in done.stdout, done.stdout
    assert "\npython []\n" in done.stdout, done.stdout
    # They would have been seen.
    assert "with Python ['python" in done.stdout, done.stdout
