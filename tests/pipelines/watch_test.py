#!/usr/bin/python3
"""`deepstack watch` as it is run, on files and on a camera on the loopback.

Environment: GST_PLUGIN_PATH, DEEPSTACK_PROGRAM, DEEPSTACK_RTSP_SERVER.
"""
import array
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from camera_process import CameraProcess  # noqa: E402
from http_camera import HttpCamera  # noqa: E402

CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
SCHEMA = json.loads((ROOT / "docs/events.schema.json").read_text())
PROGRAM = os.environ.get("DEEPSTACK_PROGRAM", "deepstack")
FAKE_CLOCK = "/usr/$LIB/faketime/libfaketimeMT.so.1"
LIMIT_S = 60
NOTICED_S = 10


def events_of(text):
    assert not text or text.endswith("\n"), "the last line is not complete"
    return [json.loads(line) for line in text.splitlines()]


class WatchCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.output = self.folder / "events.jsonl"

    def clip(self, name, blocks=150):
        path = self.folder / name
        with open(CLIP, "rb") as whole:
            path.write_bytes(whole.read(blocks * 4096))
        return path

    def config(self, settings):
        path = self.folder / f"{len(list(self.folder.iterdir()))}.json"
        path.write_text(json.dumps(settings))
        return path

    def run_watch(self, *arguments):
        return subprocess.run([PROGRAM, "watch", *map(str, arguments)], text=True,
                              capture_output=True, timeout=LIMIT_S)

    def start(self, *arguments, environment=None, **options):
        process = subprocess.Popen([PROGRAM, "watch", *map(str, arguments)], text=True,
                                   stderr=subprocess.PIPE,
                                   env={**os.environ, **(environment or {})}, **options)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def camera(self, **options):
        camera = CameraProcess(**options)
        self.addCleanup(camera.kill)
        return camera

    def wait_for(self, condition, what):
        deadline = time.monotonic() + NOTICED_S * 3
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def wait_for_event(self, kind="update", after=0):
        self.wait_for(lambda: self.output.exists() and
                      f'"event":"{kind}"' in self.output.read_text()[after:], f"no event {kind}")

    def assert_complete(self, events):
        for source in {event["source"] for event in events}:
            kinds = [event["event"] for event in events if event["source"] == source]
            self.assertEqual(kinds.count("new"), kinds.count("end"), source)
            self.assertEqual(kinds[-1], "stats", source)


class WatchFiles(WatchCase):
    def test_files_give_valid_events_under_their_names_and_end_by_themselves(self):
        done = self.run_watch(self.clip("door.avi"), self.clip("yard.avi").as_uri())
        self.assertEqual(done.returncode, 0, done.stderr)
        events = events_of(done.stdout)
        for event in events:
            jsonschema.validate(event, SCHEMA)
        self.assertEqual({event["source"] for event in events}, {"door", "yard"})
        self.assertIn("update", {event["event"] for event in events})
        self.assert_complete(events)
        self.assertEqual(sorted(done.stderr.splitlines()),
                         [f"deepstack: {name}: {state}" for name in ("door", "yard")
                          for state in ("ended", "live")])

    def test_a_file_has_the_options_and_the_command_line_wins(self):
        clips = [str(self.clip("a.avi")), str(self.clip("b.avi"))]
        config = self.config({"uri": clips, "name": ["door", "yard"], "inference-rate": 5,
                              "adaptive-depth": True, "output": "/none/never.jsonl"})
        done = self.run_watch("--config", config, "--output", self.output)
        self.assertEqual(done.returncode, 0, done.stderr)
        events = events_of(self.output.read_text())
        self.assertEqual({event["source"] for event in events}, {"door", "yard"})

    def test_inputs_share_who_they_know(self):
        done = self.run_watch(self.clip("a.avi", 300), self.clip("b.avi", 300))
        known = {}
        for event in events_of(done.stdout):
            for item in event.get("objects", []):
                if "identity" in item:
                    known.setdefault(event["source"], set()).add(item["identity"]["id"])
        self.assertTrue(known["a"] & known["b"], known)

    def test_a_file_that_is_missing_does_not_touch_the_others(self):
        done = self.run_watch("/none/gone.avi", self.clip("door.avi"), "--output", self.output)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.splitlines()[-1].startswith("deepstack: gone: /none/gone.avi: "))
        events = events_of(self.output.read_text())
        self.assertEqual({event["source"] for event in events}, {"door"})
        self.assert_complete(events)

    def test_the_output_is_appended_to(self):
        for name in ("first", "second"):
            self.run_watch(self.clip("clip.avi"), "--name", name, "--output", self.output)
        events = events_of(self.output.read_text())
        self.assertEqual([event["source"] for event in events if event["event"] == "stats"],
                         ["first", "second"])

    def test_a_reader_that_goes_away_ends_the_run(self):
        process = self.start(self.clip("clip.avi", 1000), stdout=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(LIMIT_S), 1)
        self.assertEqual(process.stderr.read().splitlines()[-1],
                         "deepstack: stdout: cannot be written: Broken pipe")

    def test_a_reader_that_hangs_holds_up_a_stop_only_so_long(self):
        process = self.start(self.clip("clip.avi", 1000), "--drain-timeout", 1,
                             stdout=subprocess.PIPE, pipesize=4096)
        self.addCleanup(process.stdout.close)
        # A pipe of one page takes one line; the second one hangs.
        waiting = array.array("i", [0])
        self.wait_for(lambda: fcntl.ioctl(process.stdout, termios.FIONREAD, waiting) == 0 and
                      waiting[0] > 0, "no event")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(LIMIT_S), 1)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(process.stderr.read().splitlines()[-1],
                         "deepstack: not drained after 1 s, events may be missing: clip")

    def test_a_second_signal_ends_the_process_without_waiting(self):
        process = self.start(self.clip("clip.avi", 1000), "--drain-timeout", 60,
                             stdout=subprocess.PIPE, pipesize=4096)
        self.addCleanup(process.stdout.close)
        waiting = array.array("i", [0])
        self.wait_for(lambda: fcntl.ioctl(process.stdout, termios.FIONREAD, waiting) == 0 and
                      waiting[0] > 0, "no event")
        process.send_signal(signal.SIGINT)
        # The first one is taken when the process says that it drains, by no longer catching it.
        caught = pathlib.Path(f"/proc/{process.pid}/status")
        self.wait_for(lambda: not self.catches(caught, signal.SIGINT), "the signal is not taken")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT_S), -signal.SIGINT)
        self.assertLess(time.monotonic() - began, 1)

    @staticmethod
    def catches(status, number):
        line = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
        return int(line.split()[1], 16) >> (number - 1) & 1

    def test_a_file_of_a_web_server_ends_by_itself(self):
        server = HttpCamera(self.clip("clip.avi"))
        self.addCleanup(server.stop)
        done = self.run_watch(server.uri, "--name", "web")
        self.assertEqual(done.returncode, 0, done.stderr)
        events = events_of(done.stdout)
        self.assert_complete(events)
        self.assertNotIn("camera.lost", {event["event"] for event in events})

    def test_wrong_arguments_are_one_line_and_the_right_exit_code(self):
        clip = self.clip("clip.avi", 10)
        text = self.folder / "text.avi"
        text.write_text("no video")
        for arguments, code, named in (
                ((), 2, "uri"), ((clip, "--name", "a", "--name", "b"), 2, "2 names for 1 inputs"),
                ((clip, "--name", "a/b"), 2, "'a/b'"), ((clip, "--inference-rate", "x"), 2, "'x'"),
                ((clip, "--inference-rate", "-1"), 2, "inference-rate"),
                ((clip, "--proposals", "cat"), 2, "'cat'"),
                ((clip, "--drain-timeout", "0"), 2, "--drain-timeout"),
                ((clip, "--credentials-file", "a", "--credentials-file", "b"), 2, "2 files for 1"),
                ((clip, "--model", "/none"), 1, "/none: no such model folder"),
                ((clip, "--output", "/none/x"), 1, "/none/x"),
                (("--config", self.config({"treshold": 1})), 2, "the nearest is 'reid-threshold'"),
                (("--config", "/dev/zero"), 2, "/dev/zero"),
                (("--config", self.config({"adaptive-depth": 1})), 2, "true or false"),
                (("--config", self.config({"uri": "--output"})), 2, "must not begin with -"),
                (("/none.avi",), 1, "/none.avi"), ((text,), 1, str(text))):
            done = self.run_watch(*arguments)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(named, done.stderr)


class WatchService(WatchCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd here")
    def test_systemd_takes_the_sample_unit(self):
        sample = (ROOT / "samples/systemd/deepstack-watch.service").read_text()
        unit = self.folder / "deepstack-watch.service"
        unit.write_text(sample.replace("/usr/local/bin/deepstack", os.path.realpath(PROGRAM)))
        done = subprocess.run(["systemd-analyze", "verify", unit], text=True, capture_output=True,
                              timeout=LIMIT_S)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        for line in ("Type=notify", "WatchdogSec=30", "Restart=on-failure", "MemoryMax=1500M",
                     "LoadCredential=cameras:/etc/deepstack/cameras"):
            self.assertIn(line, sample.splitlines())


class WatchCameras(WatchCase):
    def test_a_signal_drains_and_no_output_has_the_password(self):
        camera = self.camera(user="admin", password="Secret%1")
        uri = camera.uri.replace("://", "://admin:Secret%251@")
        process = self.start(uri, "--output", self.output, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.wait_for_event()
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait(LIMIT_S)
        drained_s = time.monotonic() - began
        print(f"watch drain-s 5 {drained_s:.2f}")
        said = process.stdout.read() + process.stderr.read()
        self.assertEqual(code, 0, said)
        self.assertLess(drained_s, 5)
        text = self.output.read_text()
        self.assert_complete(events_of(text))
        self.assertNotIn("Secret", said + text)

    def test_a_camera_that_is_killed_comes_back_and_does_not_touch_the_other(self):
        door, yard = self.camera(), self.camera()
        process = self.start(door.uri, yard.uri, "--name", "door", "--name", "yard", "--output",
                             self.output)

        def seen(source, kind, after=0):
            return any(event["source"] == source and event["event"] == kind
                       for event in events_of(self.output.read_text())[after:])

        self.wait_for(lambda: self.output.exists() and seen("door", "update") and
                      seen("yard", "update"), "no events of both")
        door.kill()
        self.wait_for(lambda: seen("door", "camera.lost"), "the loss is not noticed")
        count = len(self.output.read_text().splitlines())
        self.wait_for(lambda: seen("yard", "update", count), "the other one stopped")
        door.start()
        self.wait_for(lambda: seen("door", "camera.back"), "it does not come back")
        count = len(self.output.read_text().splitlines())
        self.wait_for(lambda: seen("door", "update", count), "it is back and nothing is seen")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT_S), 0)
        events = events_of(self.output.read_text())
        self.assert_complete(events)
        self.assertFalse([event for event in events if event["source"] == "yard" and
                          event["event"].startswith("camera.")])
        said = process.stderr.read().splitlines()
        self.assertTrue([line for line in said if line.startswith("deepstack: door: live, away for")],
                        said)
        self.assertIn("deepstack: yard: ended", said)

    def test_a_camera_of_pictures_over_http_comes_back(self):
        camera = HttpCamera()
        self.addCleanup(camera.stop)
        process = self.start(camera.uri, "--output", self.output, "--proposals", "motion")
        self.wait_for_event("new")
        camera.stop()
        self.wait_for_event("camera.lost")
        camera.start()
        self.wait_for_event("camera.back")
        self.wait_for_event(after=len(self.output.read_text()))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT_S), 0, process.stderr.read())
        self.assert_complete(events_of(self.output.read_text()))

    def test_systemd_hears_how_it_is(self):
        path = str(self.folder / "notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(NOTICED_S)
        camera = self.camera()
        process = self.start(camera.uri, "--name", "door", "--output", self.output,
                             environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})

        def heard(notice):
            deadline = time.monotonic() + NOTICED_S
            while listener.recv(500).decode() != notice:
                self.assertLess(time.monotonic(), deadline, notice)

        heard("READY=1")
        heard("STATUS=1 of 1 cameras live")
        for _ in range(3):
            heard("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        heard("STOPPING=1")
        self.assertEqual(process.wait(LIMIT_S), 0)


class WatchClock(WatchCase):
    def test_F25_a_clock_that_is_set_an_hour_on_and_back_ends_nothing(self):
        camera = self.camera()
        clock = self.folder / "clock"
        clock.write_text("+0\n")
        process = self.start(camera.uri, "--output", self.output, "--proposals", "motion",
                             environment={"LD_PRELOAD": FAKE_CLOCK, "DONT_FAKE_MONOTONIC": "1",
                                          "FAKETIME_TIMESTAMP_FILE": str(clock),
                                          "FAKETIME_NO_CACHE": "1"})
        self.wait_for_event()
        for offset, uncertain in (("+3600", "true"), ("-3600", "true"), ("+0", "false")):
            # Whole, at once: the process reads it at every look at the clock.
            (self.folder / "next").write_text(offset + "\n")
            os.replace(self.folder / "next", clock)
            after = len(self.output.read_text())
            self.wait_for(lambda: f'"utc_uncertain":{uncertain}' in self.output.read_text()[after:],
                          f"at {offset} nothing is {uncertain}")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT_S), 0, process.stderr.read())
        events = events_of(self.output.read_text())
        self.assertLessEqual({event["event"] for event in events},
                             {"new", "update", "end", "rename", "merge", "stats"})
        ids = {thing["id"] for event in events for thing in event.get("objects", [])}
        times = [event["timestamp"] for event in events if event["event"] == "update"]
        print(f"F25 wall-clock-steps gaps 0 0, tracks {len(ids)}, updates {len(times)}")
        self.assertEqual(times, sorted(times))


if __name__ == "__main__":
    unittest.main()
