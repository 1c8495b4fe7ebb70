"""The files of the project that the lint tests look at."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("core", "cuda", "gst-plugin", "pipelines", "samples", "tests", "bench", "scripts")
CODE_ENDINGS = {".cpp", ".h", ".cu", ".py", ".sh", ".html"}


def code_files(*folders):
    """Source files below the named folders (all of them by default), sorted."""
    found = []
    for folder in folders or CODE_FOLDERS:
        found += [p for p in (ROOT / folder).rglob("*") if p.suffix in CODE_ENDINGS and p.is_file()]
    return sorted(found)


def shown(path):
    return str(path.relative_to(ROOT))
