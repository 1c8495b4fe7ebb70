#!/usr/bin/python3
"""What a user types: gst-launch-1.0 lines and the program, on the real clip with the default model.

Environment: GST_PLUGIN_PATH, DEEPSTACK_PROGRAM.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
DEFAULT_MODEL = ROOT / "samples/model/default"
SCHEMA = json.loads((ROOT / "docs/events.schema.json").read_text())
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LIMIT_S = 120


def launch(pipeline, *options):
    return subprocess.run(["gst-launch-1.0", *options, *pipeline.split()], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S)


def file_pipeline(events, blocks=300):
    """The first blocks of 4096 bytes of the clip: some 90 frames."""
    return (f"filesrc location={CLIP} num-buffers={blocks} ! decodebin ! videoconvert ! "
            "deepstack name=d proposals=motion "
            f"d.src ! fakesink d.events ! filesink location={events}")


def lines_of(path):
    text = pathlib.Path(path).read_text()
    assert text.endswith("\n"), "the last line is not complete"
    return [json.loads(line) for line in text.splitlines()]


def comparable(path):
    """The events without what may differ: UUIDs by order of appearance, wall-clock age left out."""
    names = {}
    text = UUID.sub(lambda found: names.setdefault(found[0], f"uuid{len(names)}"),
                    pathlib.Path(path).read_text())
    return re.sub(r'"age_ms":[0-9.e+-]+', '"age_ms":0', text)


class Launch(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_a_file_gives_the_same_valid_events_twice(self):
        paths = [self.folder / "a.jsonl", self.folder / "b.jsonl"]
        for path in paths:
            done = launch(file_pipeline(path))
            self.assertEqual(done.returncode, 0, done.stdout)
        events = lines_of(paths[0])
        for event in events:
            jsonschema.validate(event, SCHEMA)
        kinds = [event["event"] for event in events]
        self.assertIn("update", kinds)
        self.assertEqual(kinds.count("new"), kinds.count("end"))
        self.assertEqual(kinds[-1], "stats")
        self.assertEqual(comparable(paths[0]), comparable(paths[1]))

    def test_every_frame_of_a_file_is_analysed(self):
        path = self.folder / "e.jsonl"
        launch(file_pipeline(path, blocks=150))
        stats = lines_of(path)[-1]["stats"]
        self.assertGreater(stats["frames_in"], 20)
        self.assertEqual(stats["frames_analysed"], stats["frames_in"])
        self.assertEqual(stats["frames_dropped"], 0)

    def test_the_element_works_without_an_events_link(self):
        done = launch(f"filesrc location={CLIP} num-buffers=150 ! decodebin ! videoconvert ! "
                      "deepstack ! fakesink")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_overlay_draws_what_is_found(self):
        drawn, plain = self.folder / "drawn.yuv", self.folder / "plain.yuv"
        done = launch(f"filesrc location={CLIP} num-buffers=60 ! decodebin ! videoconvert ! video/x-raw,format=NV12 ! "
                      "deepstack proposals=hog attach-meta=exact ! tee name=t "
                      f"t. ! queue ! deepstackoverlay ! filesink location={drawn} "
                      f"t. ! queue ! filesink location={plain}")
        self.assertEqual(done.returncode, 0, done.stdout)
        pixels, before = drawn.read_bytes(), plain.read_bytes()
        self.assertEqual(len(pixels), len(before))
        changed = sum(a != b for a, b in zip(pixels, before)) / len(pixels)
        self.assertGreater(changed, 0.001)
        self.assertLess(changed, 0.2)

    def test_a_live_source_is_never_held_up(self):
        path = self.folder / "live.jsonl"
        done = launch("videotestsrc is-live=true num-buffers=60 pattern=ball ! "
                      "video/x-raw,width=320,height=240,framerate=30/1 ! deepstack name=d "
                      f"proposals=motion d.src ! fakesink sync=true d.events ! filesink location={path}")
        self.assertEqual(done.returncode, 0, done.stdout)
        stats = lines_of(path)[-1]["stats"]
        self.assertEqual(stats["frames_in"], 60)
        self.assertEqual({e["time"]["source"] for e in lines_of(path)}, {"arrival"})

    def test_wrong_models_fail_with_one_line_that_says_which_and_why(self):
        truncated = self.folder / "truncated"
        shutil.copytree(DEFAULT_MODEL, truncated)
        weights = truncated / "model.safetensors"
        os.truncate(weights, weights.stat().st_size // 2)
        wrong = self.folder / "wrong"
        shutil.copytree(DEFAULT_MODEL, wrong)
        config = json.loads((wrong / "config.json").read_text())
        config["hidden_size"] = 384
        (wrong / "config.json").write_text(json.dumps(config))
        empty = self.folder / "empty"
        empty.mkdir()
        for model, reason in ((self.folder / "missing", "no such model folder"),
                              (truncated, "model.safetensors: "), (wrong, "has shape"),
                              (empty, "config.json: no such file")):
            done = launch(f"videotestsrc num-buffers=1 ! deepstack model={model} ! fakesink")
            errors = [line for line in done.stdout.splitlines()
                      if line.startswith("ERROR: from element")]
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(len(errors), 1, done.stdout)
            self.assertIn(str(model), errors[0])
            self.assertIn(reason, errors[0])

    def test_ctrl_c_with_e_leaves_complete_events(self):
        path = self.folder / "e.jsonl"
        pipeline = (f"filesrc location={CLIP} ! decodebin ! videoconvert ! "
                    f"deepstack name=d proposals=motion d.src ! fakesink d.events ! "
                    f"filesink buffer-mode=unbuffered location={path}")
        running = subprocess.Popen(["gst-launch-1.0", "-e", *pipeline.split()],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + LIMIT_S
        while not (path.exists() and path.stat().st_size > 0):
            self.assertLess(time.monotonic(), deadline, "no event was written")
            self.assertIsNone(running.poll(), "gst-launch stopped by itself")
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(timeout=LIMIT_S), 0)
        kinds = [event["event"] for event in lines_of(path)]
        self.assertEqual(kinds.count("new"), kinds.count("end"))
        self.assertEqual(kinds[-1], "stats")


class Program(unittest.TestCase):
    program = os.environ.get("DEEPSTACK_PROGRAM", "deepstack")

    def run_program(self, *arguments):
        return subprocess.run([self.program, *map(str, arguments)], text=True, capture_output=True,
                              timeout=LIMIT_S)

    def test_track_writes_motchallenge_rows_of_given_detections(self):
        with tempfile.TemporaryDirectory() as folder:
            detections = pathlib.Path(folder, "det.txt")
            detections.write_text("".join(
                f"{k},-1,{100 + 2 * k},200,40,90,0.9,-1,-1,-1\n" for k in range(1, 21)))
            for options in ((), ("--identity",)):
                done = self.run_program("track", "--input", CLIP, "--detections", detections,
                                        "--output", "-", *options)
                self.assertEqual(done.returncode, 0, done.stderr)
                rows = [list(map(float, row.split(","))) for row in done.stdout.splitlines()]
                self.assertEqual([row[0] for row in rows], list(range(1, 21)))
                self.assertEqual({row[1] for row in rows}, {1})
                self.assertEqual(rows[0][2:7], [102, 200, 40, 90, 0.9])

    def test_track_says_what_adaptive_depth_saved(self):
        with tempfile.TemporaryDirectory() as folder:
            detections = pathlib.Path(folder, "det.txt")
            detections.write_text("".join(
                f"{k},-1,300,200,40,90,0.9,-1,-1,-1\n" for k in range(1, 11)))
            arguments = ("track", "--input", CLIP, "--detections", detections, "--output", "-")
            self.assertEqual(self.run_program(*arguments).stderr, "")
            done = self.run_program(*arguments, "--adaptive-depth")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(done.stdout.splitlines()), 10)
            share = re.fullmatch(r"([0-9.]+) % of the blocks were run\n", done.stderr)
            self.assertIsNotNone(share, done.stderr)
            self.assertLessEqual(float(share[1]), 100)

    def test_adapt_says_what_it_lacks_and_installs_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            detections = pathlib.Path(folder, "det.txt")
            detections.write_text("".join(
                f"{k},-1,{100 + 2 * k},200,40,90,0.9,-1,-1,-1\n" for k in range(1, 21)))
            head = pathlib.Path(folder, "head")
            arguments = ["adapt", "--input", CLIP, "--detections", detections, "--output"]
            done = self.run_program(*arguments, head)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, "deepstack: too little footage: 1 tracks have at least 5 "
                                          "views, 16 are needed\n")
            self.assertFalse(head.exists())
            for wrong in ([*arguments, folder], [*arguments, head, "--input", CLIP],
                          [*arguments, head, "--inference-region", "full-frame"]):
                done = self.run_program(*wrong)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
            self.assertEqual(sorted(os.listdir(folder)), ["det.txt"])

    def test_a_kept_gallery_knows_people_again_in_the_next_run(self):
        with tempfile.TemporaryDirectory() as folder:
            detections = pathlib.Path(folder, "det.txt")
            detections.write_text("".join(f"{k},-1,100,200,40,90,0.9,-1,-1,-1\n" for k in range(1, 21)))
            store = pathlib.Path(folder, "store")
            seen = []
            for mode in ("learn", "learn", "read"):
                done = self.run_program("track", "--input", CLIP, "--detections", detections, "--output",
                                        "-", "--identity", "--gallery-location", store,
                                        "--gallery-mode", mode)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual({row.split(",")[1] for row in done.stdout.splitlines()}, {"1"})
                done = self.run_program("gallery", "list", "--store", store, "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                (identity,) = json.loads(done.stdout)
                seen.append(identity)
            self.assertEqual(len({identity["uuid"] for identity in seen}), 1)
            self.assertRegex(seen[0]["uuid"], UUID)
            self.assertEqual((seen[0]["number"], seen[0]["label"]), (1, "person"))
            self.assertGreater(seen[0]["prototypes"], 0)
            self.assertLess(abs(seen[0]["first_seen"] - time.time()), LIMIT_S)
            self.assertEqual({identity["first_seen"] for identity in seen}, {seen[0]["first_seen"]})
            self.assertGreater(seen[1]["last_seen"], seen[0]["last_seen"])
            self.assertEqual(seen[2], seen[1], "reading writes nothing")

    def test_features_of_a_picture_are_a_whole_file_or_none(self):
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder, "a.ppm")
            picture.write_bytes(b"P6 40 80 255\n" + bytes(range(200)) * 48)
            output = pathlib.Path(folder, "out.safetensors")
            done = self.run_program("features", "--image", picture, "--output", output)
            self.assertEqual(done.returncode, 0, done.stderr)
            data = output.read_bytes()
            header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
            self.assertEqual(header["levels.0"]["shape"], [72, 192])
            self.assertEqual(header["pixel_values"]["shape"], [72, 768])
            self.assertEqual(sorted(os.listdir(folder)), ["a.ppm", "out.safetensors"])
            article = ROOT / "samples/model/article"
            done = self.run_program("features", "--image", picture, "--output", "/none/x", "--model",
                                    article)
            self.assertEqual(done.returncode, 1)
            self.assertIn("has neither model.safetensors", done.stderr, "a config without weights")

    def test_wrong_input_is_one_line_and_the_right_exit_code(self):
        with tempfile.TemporaryDirectory() as folder:
            text = pathlib.Path(folder, "text.avi")
            text.write_text("no video")
            bad = pathlib.Path(folder, "det.txt")
            bad.write_text("1,-1,nan,0,10,10,1\n")
            for arguments, code, named in (
                    ((), 2, "subcommand"),
                    (("erase",), 2, "no command 'erase'"), (("",), 2, "no command ''"),
                    (("track",), 2, "--input"),
                    (("track", "--input", "/none", "--output", "-"), 1, "/none"),
                    (("track", "--input", text, "--output", "-"), 1, "text.avi"),
                    (("track", "--input", CLIP, "--detections", bad, "--output", "-"), 1, "det.txt:1"),
                    (("track", "--input", CLIP, "--output", "-", "--fps", "-1"), 2, "--fps"),
                    (("track", "--input", CLIP, "--output", "-", "--device", "tpu"), 2, "device"),
                    (("track", "--input", CLIP, "--output", "-", "--device", "cuda:99"), 1, "cuda:99"),
                    (("gallery",), 2, "subcommand"),
                    (("gallery", "list", "--store", folder), 1, folder + "/deepstack.sqlite"),
                    (("reid", "--query", folder, "--gallery", folder), 1, folder),
                    (("track", "--input", CLIP, "--output", "-", "--precision", "fp4"), 2,
                     "--precision: is 'fp4', must be one of auto bf16 fp16 fp32"),
                    (("features", "--output", "-"), 2, "--input, --image and --video"),
                    (("features", "--output", "-", "--image", text), 1, "text.avi: is no picture"),
                    (("features", "--output", "-", "--video", text), 1, "text.avi: is no video"),
                    (("features", "--output", "-", "--input", text), 1, "text.avi: "),
                    (("features", "--output", "-", "--input", "/none"), 1, "/none"),
                    (("features", "--output", "-", "--image", text, "--model", "/none"), 1,
                     "/none: no such model folder"),
                    (("features", "--output", "-", "--image", text, "--head", "/none"), 1,
                     "/none: no such head folder")):
                done = self.run_program(*arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(str(named), done.stderr)


if __name__ == "__main__":
    unittest.main()
