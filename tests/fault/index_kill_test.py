#!/usr/bin/python3
"""deepstack index killed 20 times at random ends with the store of an unbroken run.

Environment: DEEPSTACK_PROGRAM.
"""
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from archive_dump import dump  # noqa: E402
from index_program import VTEST, begin, index, make_clip  # noqa: E402

KILLS = 20
MOST_LINES = 8


class IndexKill(unittest.TestCase):
    def test_twenty_kills_at_random(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        names = [VTEST, make_clip(folder / "door/a.mp4", 300), make_clip(folder / "yard/b.mp4", 900)]
        options = ["--sample-rate", "5", "--json-progress"]
        code, _, error = index(folder / "whole", *names, options=options)
        self.assertEqual(code, 0, error)
        chance = random.Random(7)
        kills = 0
        while kills < KILLS:
            process = begin(folder / "killed", *names, options=options)
            # At any moment of one of its first seconds of work.
            for _ in range(chance.randrange(MOST_LINES)):
                process.stderr.readline()
            try:
                process.communicate(timeout=chance.random())
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                continue
            break  # it came to its end
        self.assertGreater(kills, 0)
        code, _, error = index(folder / "killed", *names, options=options)
        self.assertEqual(code, 0, error)
        print(f"killed {kills} times")
        killed, whole = dump(folder / "killed"), dump(folder / "whole")
        for table, rows in whole.items():
            self.assertEqual(len(killed[table]), len(rows), table)
            self.assertEqual(killed[table], rows, table)


if __name__ == "__main__":
    unittest.main()
