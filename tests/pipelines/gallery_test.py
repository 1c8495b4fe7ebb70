#!/usr/bin/python3
"""`deepstack gallery`: what a person does with a store, as he types it.

Environment: DEEPSTACK_PROGRAM.
"""
import fcntl
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
LIMIT_S = 120


def run(*arguments):
    return subprocess.run([os.environ["DEEPSTACK_PROGRAM"], *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT_S)


class Gallery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        detections = cls.folder / "det.txt"
        detections.write_text("".join(f"{k},-1,{x},200,40,90,0.9,-1,-1,-1\n"
                                      for k in range(1, 21) for x in (100, 400, 600)))
        cls.made = cls.folder / "made"
        done = run("track", "--input", CLIP, "--detections", detections, "--output", "-",
                   "--identity", "--gallery-location", cls.made)
        assert done.returncode == 0, done.stderr

    def setUp(self):
        self.store = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "store"
        shutil.copytree(self.made, self.store)

    def gallery(self, *arguments):
        done = run("gallery", *arguments, "--store", self.store)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def known(self):
        return {one["number"]: one for one in json.loads(self.gallery("list", "--json"))}

    def test_naming_merging_and_undoing(self):
        self.assertEqual(sorted(self.known()), [1, 2, 3])
        self.gallery("name", "1", "Zoë")
        self.assertIn("Zoë", self.gallery("list"))
        self.assertEqual(json.loads(self.gallery("show", "Zoë", "--json"))["number"], 1)
        self.gallery("merge", "2", "--into", self.known()[1]["uuid"])
        self.assertEqual(sorted(self.known()), [1, 3])
        edits = json.loads(self.gallery("edits", "--json"))
        self.assertEqual([edit["action"] for edit in edits], ["name", "merge"])
        self.gallery("undo", edits[1]["edit"])
        self.gallery("confirm", edits[0]["edit"])
        self.assertEqual(sorted(self.known()), [1, 2, 3])
        self.assertEqual(json.loads(self.gallery("edits", "--json")), [])
        actions = [entry["action"] for entry in json.loads(self.gallery("audit", "--json"))]
        self.assertEqual(actions, ["confirm", "undo", "merge", "name"])
        self.assertIn("merge", self.gallery("audit", "--last", "3"))

    def test_the_rights_of_a_person(self):
        uuid = self.known()[2]["uuid"]
        target = self.store.parent / "two"
        self.gallery("export", uuid, "--output", target)
        for path in (target.with_suffix(".json"), target.with_suffix(".safetensors")):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(json.loads(target.with_suffix(".json").read_text())["uuid"], uuid)
        self.assertIn("nothing is left", self.gallery("erase", uuid))
        for path in self.store.rglob("*"):
            self.assertNotIn(uuid.encode(), path.read_bytes())
            self.assertNotIn(bytes.fromhex(uuid.replace("-", "")), path.read_bytes())
        self.gallery("optout", "add", "3")
        self.assertEqual(sorted(self.known()), [1])
        (template,) = json.loads(self.gallery("optout", "list", "--json"))
        self.gallery("optout", "withdraw", template["number"])
        self.assertEqual(json.loads(self.gallery("optout", "list", "--json")), [])

    def test_retention_is_told_and_applied(self):
        due = json.loads(self.gallery("retention", "--json"))
        self.assertEqual((due["ttl_s"], due["identities"], due["applied"]), (72 * 3600, 0, False))
        self.assertAlmostEqual(due["next"], self.known()[1]["last_seen"] + 72 * 3600, delta=100)
        self.gallery("retention", "--set", "30d")
        self.assertIn("720.0 hours", self.gallery("retention"))
        gone = json.loads(self.gallery("retention", "--ttl", "0.001", "--apply", "--json"))
        self.assertEqual((gone["identities"], gone["applied"], gone["next"]), (3, True, None))
        self.assertEqual(self.known(), {})
        self.gallery("retention", "--unset")

    def test_what_cannot_be_done_is_one_line(self):
        exists = self.store.parent / "there.json"
        exists.write_text("mine")
        for arguments, code, named in (
                (("show", "nobody"), 1, "no identity is 'nobody'"),
                (("name", "1", "a\x1b[31m"), 2, "character 27"),
                (("merge", "1", "--into", "1"), 2, "with itself"),
                (("split", "1", "--tracks", "7"), 2, "track 7"),
                (("erase",), 2, "--finish"),
                (("export", "1", "--output", exists.with_suffix("")), 2, "is there already"),
                (("optout",), 2, "subcommand"),
                (("retention", "--set", "0"), 2, "above 0"),
                (("retention", "--ttl", "soon"), 2, "soon")):
            done = run("gallery", *arguments, *(() if arguments == ("optout",) else
                                                ("--store", self.store)))
            self.assertEqual((done.returncode, done.stdout), (code, ""), arguments)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(named, done.stderr)
        self.assertEqual(exists.read_text(), "mine")

    def test_whoever_writes_to_the_store_is_named_and_exports_go_on(self):
        with open(self.store / "deepstack.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            for arguments in (("erase", "1"), ("retention", "--apply")):
                done = run("gallery", *arguments, "--store", self.store)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
                self.assertRegex(done.stderr, rf"process {os.getpid()} \(\w+")
            self.gallery("export", "1", "--output", self.store.parent / "one")
        self.assertEqual(sorted(self.known()), [1, 2, 3])

    def test_a_damaged_store_is_left_as_it_is(self):
        database = self.store / "deepstack.sqlite"
        whole = database.read_bytes()
        for bytes_ in (b"x" * 8192, whole[:len(whole) // 2]):
            database.write_bytes(bytes_)
            for command in (("list",), ("erase", "1")):
                done = run("gallery", *command, "--store", self.store)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
                self.assertIn(str(database), done.stderr)
            self.assertEqual(database.read_bytes(), bytes_)


if __name__ == "__main__":
    unittest.main()
