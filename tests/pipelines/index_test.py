#!/usr/bin/python3
"""deepstack index and export, as people run them.

Environment: DEEPSTACK_PROGRAM.
"""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from archive_dump import dump  # noqa: E402
from index_program import LIMIT_S, PROGRAM, VTEST, begin, index, make_clip  # noqa: E402


class Folder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.clips = cls.folder / "door"
        make_clip(cls.clips / "20260131_142233.avi", 40, muxer="avimux")
        # Long enough to be killed in its midst, cheap enough for every run of the tests.
        cls.long = make_clip(cls.folder / "yard/walk.mp4", 400)

    def store(self):
        return self.folder / self.id().rsplit(".", 1)[-1]

    def export(self, store, form, output):
        done = subprocess.run([PROGRAM, "export", "--store", str(store), "--format", form,
                               "--output", str(output)], capture_output=True, text=True,
                              timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class Index(Folder):
    def test_a_second_run_does_nothing_and_says_so(self):
        store = self.store()
        code, out, error = index(store, self.clips, options=["--json-progress"])
        self.assertEqual(code, 0, error)
        self.assertIn("1 indexed", out)
        lines = [json.loads(line) for line in error.splitlines()]
        self.assertEqual(lines[-1]["event"], "progress")
        self.assertEqual(lines[-1]["percent"], 100)
        self.assertEqual(lines[-1]["frames"], 40)
        found = dump(store)
        self.assertEqual(len(found["videos"]), 1)
        camera, path, *_, start_source, _, fps, width, height, frames, status, why = (
            found["videos"][0])
        self.assertEqual((camera, start_source, fps, width, height, frames, status, why),
                         ("door", "name", 25, 320, 240, 40, "done", ""))
        self.assertGreaterEqual(len(found["tracks"]), 1)
        self.assertGreaterEqual(len(found["observations"]), 2)
        renamed = self.clips / "again.avi"
        shutil.copy(self.clips / "20260131_142233.avi", renamed)
        self.addCleanup(renamed.unlink)
        code, out, error = index(store, self.clips / "20260131_142233.avi")
        self.assertEqual(code, 0, error)
        self.assertIn("nothing to do", out)
        code, out, error = index(store, self.clips)
        self.assertIn("is indexed already", error)
        self.assertEqual(dump(store), found)

    def test_killed_and_begun_again_it_comes_to_the_same(self):
        whole, store = self.folder / "whole", self.store()
        code, _, error = index(whole, self.clips, self.long)
        self.assertEqual(code, 0, error)
        resumed = 0
        for _ in range(2):
            process = begin(store, self.clips, self.long, options=["--json-progress"])
            for line in process.stderr:
                if self.resume_frame(store) > resumed or '"percent":100' in line:
                    break
            process.send_signal(signal.SIGKILL)
            process.communicate()
            resumed = self.resume_frame(store)
        self.assertGreater(resumed, 0, "killed before anything was kept: nothing was tried")
        code, _, error = index(store, self.clips, self.long)
        self.assertEqual(code, 0, error)
        self.assertEqual(dump(store), dump(whole))

    @staticmethod
    def resume_frame(store):
        try:
            database = sqlite3.connect(f"file:{store}/deepstack.sqlite?mode=ro", uri=True)
            frame, = database.execute("SELECT max(resume_frame) FROM videos"
                                      " WHERE status = 'running'").fetchone()
            database.close()
            return frame or 0
        except sqlite3.OperationalError:
            return 0

    def test_exports_are_what_others_read(self):
        store = self.store()
        code, _, error = index(store, self.clips, options=["--crops"])
        self.assertEqual(code, 0, error)
        lines = [json.loads(line) for line in self.export(store, "jsonl", "-").splitlines()]
        kinds = [line["type"] for line in lines]
        self.assertEqual(kinds[:2], ["archive", "video"])
        observations = [line for line in lines if line["type"] == "observation"]
        coco_file = self.folder / "coco.json"
        self.export(store, "coco", coco_file)
        coco = json.loads(coco_file.read_text())
        self.assertEqual(len(coco["annotations"]), len(observations))
        images = {image["id"] for image in coco["images"]}
        self.assertTrue(all(a["image_id"] in images for a in coco["annotations"]))
        self.export(store, "mot", self.folder / "mot")
        rows = [row.split(",") for file in (self.folder / "mot").iterdir()
                for row in file.read_text().splitlines()]
        self.assertEqual(len(rows), len(observations))
        self.assertTrue(all(len(row) == 10 and 1 <= int(row[0]) <= 40 for row in rows))
        self.export(store, "webvtt", self.folder / "vtt")
        text, = [file.read_text() for file in (self.folder / "vtt").iterdir()]
        head, *cues = text.strip().split("\n\n")
        self.assertEqual(head, "WEBVTT")
        self.assertEqual(len(cues), len(observations))
        times, payload = cues[0].split("\n")
        self.assertRegex(times, r"^\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}$")
        self.assertEqual(len(json.loads(payload)["box"]), 4)


class IndexStrangers(Folder):
    def test_what_is_no_video_is_written_down_and_skipped(self):
        store, bad = self.store(), self.folder / "bad"
        bad.mkdir()
        good = make_clip(bad / "a_good.mp4", 12)
        (bad / "b_text.mp4").write_text("no video\n" * 1000)
        (bad / "c_empty.mp4").touch()
        whole = good.read_bytes()
        (bad / "d_cut.mp4").write_bytes(whole[:len(whole) // 2])
        os.mkfifo(bad / "e_fifo.mp4")
        (bad / "f_folder.mp4").mkdir()
        (bad / "g_nowhere.mp4").symlink_to("/nowhere")
        cut = VTEST.read_bytes()[:60 * 4096]
        (bad / "h_cut.avi").write_bytes(cut)
        wrong = [bad / f"{name}" for name in ("b_text.mp4", "c_empty.mp4", "d_cut.mp4", "e_fifo.mp4",
                                              "g_nowhere.mp4", "h_cut.avi")]
        code, out, error = index(store, good, *wrong)
        self.assertEqual(code, 1, error)
        self.assertIn("1 indexed", out)
        self.assertIn(f"{len(wrong)} failed", out)
        videos = {row[1]: row for row in dump(store)["videos"]}
        for path in wrong:
            self.assertIn(str(path), error)
            self.assertEqual(videos[str(path)][-2], "failed")
            self.assertIn(path.name, videos[str(path)][-1])
        self.assertEqual(videos[str(good)][-2], "done")
        # Mended, it is indexed, and its failure forgotten.
        wrong[0].unlink()
        make_clip(wrong[0], 13)
        code, out, error = index(store, wrong[0])
        self.assertEqual(code, 0, error)
        self.assertEqual(len(dump(store)["videos"]), 7)

    def test_wrong_arguments_are_one_line(self):
        for options, word in ((["--start", "yesterday"], "--start"),
                              (["--sample-rate", "-1"], "--sample-rate"),
                              (["--jobs", "0"], "--jobs")):
            code, _, error = index(self.store(), self.clips, options=options)
            self.assertEqual(code, 2, error)
            self.assertIn(word, error)
            self.assertEqual(len(error.splitlines()), 1)
        code, _, error = index(self.store(), self.folder / "nothing*")
        self.assertEqual(code, 2, error)
        self.assertIn("nothing*", error)

    def test_a_store_that_cannot_be_used_is_left_as_it_is(self):
        store = self.store()
        store.mkdir()
        database = store / "deepstack.sqlite"
        database.write_bytes(b"x" * 8192)
        code, _, error = index(store, self.clips)
        self.assertEqual(code, 1)
        self.assertIn(str(database), error)
        self.assertEqual(database.read_bytes(), b"x" * 8192)

    def test_a_full_disk_ends_the_run_and_the_next_goes_on(self):
        store = self.store()
        limited = ["bash", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "-", PROGRAM, "index",
                   str(self.long), "--store", str(store)]
        done = subprocess.run(limited, capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("deepstack.sqlite", done.stderr.splitlines()[-1])
        code, _, error = index(store, self.long)
        self.assertEqual(code, 0, error)
        self.assertEqual(dump(store)["videos"][0][-2], "done")


if __name__ == "__main__":
    unittest.main()
