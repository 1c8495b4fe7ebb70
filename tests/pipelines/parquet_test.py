#!/usr/bin/env python3
"""samples/archive_parquet: what was exported is read back from Parquet. Needs pyarrow (label extra)."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import pyarrow.parquet

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "samples/archive_parquet/to_parquet.py"
TIME = "2026-01-31T14:22:33.500000Z"
LINES = [
    {"type": "archive", "format": "deepstack-archive-1", "model": "m"},
    {"type": "video", "video": 1, "camera": "door", "path": "/ä.mp4", "content_sha256": "a",
     "start": TIME, "start_source": "name", "duration_s": 1.0, "fps": 25.0, "width": 320,
     "height": 240, "frames": 25, "status": "done", "error": ""},
    {"type": "track", "video": 1, "track": 1, "identity": None, "score": 0.0, "label": "object",
     "first_seen": TIME, "last_seen": TIME, "first_pts_ns": 0, "last_pts_ns": 1},
    {"type": "observation", "video": 1, "camera": "door", "track": 1, "identity": "u",
     "label": "object", "time": TIME, "pts_ns": 5, "box": [1, 2, 3, 4.5], "score": 0.5,
     "quality": 0.25, "gate": [0.25, 0.75], "levels_fp16": [0, 15360]},
]


class Parquet(unittest.TestCase):
    def convert(self, lines):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "lines").write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = subprocess.run([sys.executable, str(SCRIPT), str(folder / "lines"),
                               str(folder / "out")], capture_output=True, text=True, timeout=60)
        return done, {file.stem: pyarrow.parquet.read_table(file).to_pylist()
                      for file in (folder / "out").glob("*.parquet")}

    def test_tables_have_what_the_lines_have(self):
        done, tables = self.convert(LINES)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in LINES[1:]:
            row, = tables[line["type"]]
            for key, value in line.items():
                if value == TIME:
                    self.assertEqual(row[key].isoformat(), "2026-01-31T14:22:33.500000+00:00")
                elif key != "type":
                    self.assertEqual(row[key], value, key)

    def test_another_file_is_refused(self):
        done, _ = self.convert([{"type": "video"}])
        self.assertEqual(done.returncode, 1)
        self.assertIn("is no archive", done.stderr)


if __name__ == "__main__":
    unittest.main()
