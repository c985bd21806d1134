"""Runs the scripts that standard input names, one after the other in this process.

Each line of standard input is a JSON object: `script`, and `arguments`, which the script finds in
`sys.argv`. Each is answered by a line: `printed`, and `ok`, whether it came to its end. A client
of MLflow takes seconds to import, and does so once here.
"""

import contextlib
import io
import json
import sys
import traceback


def run(script: str, arguments: list[str]) -> dict[str, object]:
    printed = io.StringIO()
    sys.argv = ["script", *arguments]
    ok = True
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            exec(compile(script, "script", "exec"), {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc()
            ok = False
    return {"printed": printed.getvalue(), "ok": ok}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(run(request["script"], request["arguments"])), flush=True)
