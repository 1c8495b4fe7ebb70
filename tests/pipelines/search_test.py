#!/usr/bin/python3
"""`deepstack search` as a user runs it: a store of a clip is asked by identity, by picture and by frame.

Environment: DEEPSTACK_PROGRAM.
"""
import array
import json
import math
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["DEEPSTACK_PROGRAM"]
CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
START_NS = 1_700_000_000_000_000_000
LIMIT_S = 60


def deepstack(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S)


def means(tokens, levels, width):
    """The mean token of each level at length 1, as halves."""
    values = struct.unpack(f"<{len(tokens) // 2}e", tokens)
    size = len(values) // levels
    out = []
    for level in range(levels):
        part = values[level * size:(level + 1) * size]
        mean = [sum(part[c::width]) for c in range(width)]
        length = math.sqrt(sum(x * x for x in mean)) or 1
        out += [x / length for x in mean]
    return struct.pack(f"<{len(out)}e", *out)


class Search(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.clip = cls.folder / "clip.avi"
        with open(CLIP, "rb") as whole:
            cls.clip.write_bytes(whole.read(150 * 4096))
        cls.store = cls.folder / "store"
        done = deepstack("track", "--input", cls.clip, "--gallery-location", cls.store, "--output",
                         cls.folder / "result.txt")
        assert done.returncode == 0, done.stderr
        cls.fill_archive()

    @classmethod
    def fill_archive(cls):
        """A video in which each identity of the gallery has a track of its kept views."""
        base = sqlite3.connect(cls.store / "deepstack.sqlite")
        levels, width = base.execute("SELECT levels, width FROM meta").fetchone()
        base.execute("INSERT INTO videos (id, camera, path, content_hash, settings_hash, start_ns, start_source, "
                     "duration_s, fps, width, height, frames, status, error, resume_frame) "
                     "VALUES (1, 'door', ?, 'a', 'b', ?, 'option', 4.9, 10, 768, 576, 49, 'done', '', 49)",
                     (str(cls.clip), START_NS))
        people = base.execute("SELECT number FROM identities ORDER BY number").fetchall()
        cls.people = [number for (number,) in people]
        assert len(cls.people) >= 3, people
        for track, number in enumerate(cls.people, 1):
            start_s = START_NS / 1e9
            base.execute("INSERT INTO tracks (id, video, run, source, track, identity, score, label, first_seen_s, last_seen_s, "
                         "first_pts_ns, last_pts_ns) VALUES (?, 1, '', '', ?, ?, 0.9, 'person', ?, ?, 0, 4000000000)",
                         (track, track, number, start_s, start_s + 4))
            views = base.execute("SELECT gate, tokens FROM prototypes WHERE identity = ?", (number,)).fetchall()
            for place, (gate, tokens) in enumerate(views):
                base.execute("INSERT INTO observations (track, seconds, pts_ns, x, y, width, height, score, quality, "
                             "gate, levels, tokens) VALUES (?, ?, ?, 100, 100, 40, 90, 0.9, 0.8, ?, ?, ?)",
                             (track, start_s + place / 2, place * 500_000_000, gate,
                              means(tokens, levels, width), tokens))
        base.commit()
        base.close()

    def answers(self, *arguments):
        done = deepstack("search", "--store", self.store, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_refused(self, message, *arguments, code=None):
        done = deepstack("search", *arguments)
        self.assertIn(done.returncode, (1, 2) if code is None else (code,))
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_somebody_known_is_found_first(self):
        thumbnails = self.folder / "out"
        for number in self.people[:3]:
            found = self.answers("--identity", number, "--thumbnails", thumbnails)
            self.assertEqual(found[0]["identity"]["number"], number)
            self.assertGreater(found[0]["score"], 0.8)
            self.assertEqual([a["score"] for a in found], sorted((a["score"] for a in found), reverse=True))
            self.assertEqual(found[0]["camera"], "door")
            self.assertEqual(len(found[0]["levels"]), 3)
            self.assertTrue(found[0]["time"].startswith("2023-11-14T22:13:2"), found[0]["time"])
            x, y, width, height = found[0]["box"]
            self.assertTrue(x < found[0]["point"][0] < x + width and y < found[0]["point"][1] < y + height)
            self.assertEqual(pathlib.Path(found[0]["thumbnail"]).read_bytes()[:3], b"\xff\xd8\xff")

    def test_filters_and_limits(self):
        everybody = self.answers("--identity", self.people[0], "--limit", 1000)
        self.assertEqual(len(everybody), len(self.people))
        self.assertEqual(len(self.answers("--identity", self.people[0], "--limit", 2)), 2)
        self.assertEqual(self.answers("--identity", self.people[0], "--camera", "yard"), [])
        self.assertEqual(self.answers("--identity", self.people[0], "--class", "car"), [])
        self.assertEqual(self.answers("--identity", self.people[0], "--after", "2024-01-01"), [])
        self.assertEqual(len(self.answers("--identity", self.people[0], "--before", "2024-01-01", "--limit", 1)), 1)

    def test_a_box_in_a_frame_is_searched_for(self):
        found = self.answers("--video", self.clip, "--at", 1, "--box", "499,158,31,75")
        self.assertEqual(len(found), min(10, len(self.people)))
        self.assertGreaterEqual(found[0]["margin"], 0)

    def test_a_video_that_is_gone_costs_its_thumbnail_only(self):
        moved = self.clip.rename(self.folder / "elsewhere.avi")
        self.addCleanup(moved.rename, self.clip)
        done = deepstack("search", "--store", self.store, "--identity", self.people[0], "--limit", 1, "--json",
                         "--thumbnails", self.folder / "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("clip.avi: no such file", done.stderr)
        self.assertNotIn("thumbnail", json.loads(done.stdout)[0])

    def test_the_point_in_a_frame_needs_no_store(self):
        found = deepstack("search", "--json", "--image", self.picture(), "--in", self.clip, "--at", "2")
        self.assertEqual(found.returncode, 0, found.stderr)
        (answer,) = json.loads(found.stdout)
        self.assertTrue(0 <= answer["point"][0] < 768 and 0 <= answer["point"][1] < 576, answer)

    def picture(self):
        """A portable pixmap of stripes, 40 x 90."""
        path = self.folder / "crop.ppm"
        pixels = array.array("B", [(x * 6, y * 2, 90)[c] for y in range(90) for x in range(40) for c in range(3)])
        path.write_bytes(b"P6 40 90 255\n" + pixels.tobytes())
        return path

    def test_wrong_questions_are_refused_in_one_line(self):
        text = self.folder / "text.png"
        text.write_text("no picture")
        store = ("--store", self.store)
        self.assert_refused("needs one of --image, --identity and --video", *store, code=2)
        self.assert_refused("text.png: is no picture that can be decoded", *store, "--image", text, code=1)
        self.assert_refused("gone.png: no such file", *store, "--image", self.folder / "gone.png", code=1)
        self.assert_refused("must lie in the picture of 40 x 90 pixels", *store, "--image", self.picture(),
                            "--box", "10,10,50,50", code=2)
        self.assert_refused("no identity is 'Zoe'", *store, "--identity", "Zoe", code=1)
        film = text.rename(self.folder / "text.avi")
        self.assert_refused("text.avi: is no video that can be decoded", *store, "--video", film, "--at", 1,
                            "--box", "1,1,20,20", code=1)
        self.assert_refused("has no frame at 3600.000 s", *store, "--video", self.clip, "--at", "1:00:00",
                            "--box", "1,1,20,20", code=2)
        self.assert_refused("no such file", "--store", self.folder / "no-store", "--image", self.picture(), code=1)
        self.assert_refused("--after is 'soon'", *store, "--identity", 1, "--after", "soon", code=2)

    def test_a_store_of_another_model_is_refused(self):
        other = self.folder / "other"
        shutil.copytree(self.store, other, dirs_exist_ok=True)
        base = sqlite3.connect(other / "deepstack.sqlite")
        base.execute("UPDATE meta SET model = 'somebody-elses 3'")
        base.commit()
        base.close()
        self.assert_refused("features of two cannot be compared", "--store", other, "--image", self.picture())


if __name__ == "__main__":
    unittest.main()
