#!/usr/bin/python3
"""`deepstack watch --metrics`, scraped while it watches a camera; what the dashboard asks for is there.

Environment: GST_PLUGIN_PATH, DEEPSTACK_PROGRAM, DEEPSTACK_RTSP_SERVER.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from camera_process import CameraProcess  # noqa: E402

PROGRAM = os.environ.get("DEEPSTACK_PROGRAM", "deepstack")
DASHBOARD = ROOT / "samples/grafana/deepstack.json"
LIMIT_S = 60


def get(url):
    """(status, text) of a page."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(text):
    """{name: {camera: value}} of a page in Prometheus' format."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            camera = re.search(r'camera="([^"]*)"', labels or "")
            found.setdefault(name, {})[camera[1] if camera else ""] = float(value)
    return found


class MetricsCase(unittest.TestCase):
    """One camera, watched until its first frames are analysed."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def watch(self, *inputs):
        self.process = subprocess.Popen(
            [PROGRAM, "watch", *map(str, inputs), "--metrics", "0", "--output",
             str(self.folder / "events.jsonl")], text=True, stderr=subprocess.PIPE)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        for line in self.process.stderr:
            address = re.search(r"metrics: (http://127\.0\.0\.1:\d+)/metrics", line)
            if address:
                return address[1]
        self.fail("watch ended before it said where its metrics are")

    def scrape_until(self, base, condition):
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            status, text = get(base + "/metrics")
            self.assertEqual(status, 200)
            if condition(samples(text)):
                return text
            time.sleep(0.1)
        self.fail("not within the limit:\n" + text)

    def camera(self):
        camera = CameraProcess()
        self.addCleanup(camera.kill)
        return camera


class Scrape(MetricsCase):
    def test_a_live_scrape_has_what_the_dashboard_shows(self):
        camera = self.camera()
        published = self.folder / "published.jsonl"
        base = self.watch(camera.uri, "--name", "door", "--proposals", "motion", "--publish",
                          published.as_uri())
        text = self.scrape_until(base, lambda found: found.get(
            "deepstack_frames_analysed_total", {}).get("door", 0) > 5 and
            sum(found.get("deepstack_sink_published_total", {}).values()) > 0)
        self.assertIn(f'deepstack_sink_up{{sink="{published.as_uri()}"}} 1', text)
        found = samples(text)
        self.assertEqual(found["deepstack_camera_live"], {"door": 1})
        self.assertLess(found["deepstack_last_frame_age_seconds"]["door"], 5)
        self.assertGreaterEqual(found["deepstack_frames_in_total"]["door"],
                                found["deepstack_frames_analysed_total"]["door"])
        self.assertEqual(get(base + "/healthz"), (200, "ok\n"))
        self.assertEqual(get(base + "/readyz"), (200, "ok\n"))
        self.assertEqual(get(base + "/")[0], 404)
        wanted = set(re.findall(r"deepstack_\w+", DASHBOARD.read_text()))
        self.assertGreater(len(wanted), 10)
        self.assertEqual(wanted - set(found), set(), "the dashboard asks for what is not there")
        documented = set(re.findall(r"`(deepstack_\w+)`", (ROOT / "docs/operations.md").read_text()))
        families = set(re.findall(r"# TYPE (\w+)", text))
        self.assertEqual(documented, families, "docs/operations.md has the table")
        self.assertNotRegex(text, r"[0-9a-f]{8}-[0-9a-f]{4}-", "no identity is a label")

        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(timeout=LIMIT_S), 0)

    def test_a_camera_that_is_absent_is_healthy_and_not_ready(self):
        base = self.watch("rtsp://127.0.0.1:9/none")
        self.assertEqual(get(base + "/readyz"), (503, "none of 1 cameras is live\n"))
        self.assertEqual(get(base + "/healthz")[0], 200)

    def test_a_wrong_address_is_one_line(self):
        for address, code in (("nowhere", 2), ("192.0.2.1:9101", 1)):
            done = subprocess.run([PROGRAM, "watch", "rtsp://127.0.0.1:9/none", "--metrics", address],
                                  text=True, capture_output=True, timeout=LIMIT_S)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn("--metrics: ", done.stderr)
            self.assertIn(address, done.stderr)

    def test_the_dashboard_is_sound(self):
        board = json.loads(DASHBOARD.read_text())
        for panel in board["panels"]:
            self.assertTrue(panel["title"])
            for target in panel["targets"]:
                self.assertIn("deepstack_", target["expr"])


class Promtool(MetricsCase):
    def test_promtool_has_nothing_to_say(self):
        camera = self.camera()
        base = self.watch(camera.uri, "--name", "door")
        text = self.scrape_until(base, lambda found: "deepstack_last_frame_age_seconds" in found)
        done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                              capture_output=True, timeout=LIMIT_S)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
