"""The learning-rate factors of transformers' schedules, for LearningRateScheduleTest.

    python tools/goldens/schedules.py

writes src/test/resources/io/sparkfinetune/train/schedules.json: for each case its warm-up, its number
of steps and the factor of every step.
"""

import json
import pathlib

import torch
import transformers

OUT = pathlib.Path(__file__).parents[2] / "src/test/resources/io/sparkfinetune/train/schedules.json"
CASES = [("linear", 20, 200), ("linear", 0, 7), ("linear", 5, 5), ("linear", 1, 33)]


def factors(name, warmup, total):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = transformers.get_scheduler(name, optimizer, warmup, total)
    values = []
    for _ in range(total):
        values.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return values


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(
    json.dumps(
        [
            {"name": name, "warmup_steps": warmup, "steps": total, "factors": factors(name, warmup, total)}
            for name, warmup, total in CASES
        ]
    )
    + "\n"
)
