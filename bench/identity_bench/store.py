"""Results that were computed before, by what they were computed from: a second run is quick."""
import hashlib
import json
import pathlib

from . import environment

FOLDER = environment.FOLDER / "results"


def digest(*parts):
    """One key of strings, numbers, lists of them, and files (by their bytes)."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, pathlib.Path):
            with open(part, "rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        else:
            total.update(json.dumps(part, sort_keys=True).encode())
        total.update(b"\0")
    return total.hexdigest()[:24]


def remembered(key, compute):
    """What compute() gave for this key, now or earlier; it must be JSON."""
    path = FOLDER / f"{key}.json"
    if path.exists():
        return json.loads(path.read_text())
    value = compute()
    FOLDER.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(value))
    unfinished.rename(path)
    return value
