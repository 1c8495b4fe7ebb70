#!/usr/bin/python3
"""Pipelines as people who do not know us write them, on the real clip with the default model.

Environment: GST_PLUGIN_PATH, DEEPSTACK_RTSP_SERVER.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from camera_process import CameraProcess  # noqa: E402

CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
CLIP_FRAMES = 49  # in its first 150 blocks
LIMIT_S = 60


def launch(pipeline, *options):
    return subprocess.run(["gst-launch-1.0", *options, *pipeline.split()], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S)


class Strangers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.clip = cls.folder / "clip.avi"
        with open(CLIP, "rb") as whole:
            cls.clip.write_bytes(whole.read(150 * 4096))

    def run_pipeline(self, pipeline, *options):
        done = launch(pipeline, *options)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def stats(self, pipeline):
        """Of the pipeline, which has a deepstack named d; its events are added."""
        path = self.folder / "events.jsonl"
        self.run_pipeline(f"{pipeline} d.events ! filesink async=false location={path}")
        events = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual(events[-1]["event"], "stats")
        return events[-1]["stats"]

    def test_a_camera_by_the_elements_that_everybody_writes(self):
        camera = CameraProcess()
        self.addCleanup(camera.kill)
        stats = self.stats(f"rtspsrc location={camera.uri} latency=0 ! rtph264depay ! h264parse ! "
                           "avdec_h264 ! identity eos-after=31 ! deepstack name=d ! fakesink")
        self.assertEqual(stats["frames_in"], 30)
        self.assertGreater(stats["frames_analysed"], 0)

    def test_uridecodebin(self):
        stats = self.stats(f"uridecodebin uri=file://{self.clip} ! deepstack name=d ! fakesink")
        self.assertEqual(stats["frames_in"], CLIP_FRAMES)
        self.assertEqual(stats["frames_analysed"], CLIP_FRAMES)

    def test_tee_branches(self):
        stats = self.stats(f"uridecodebin uri=file://{self.clip} ! tee name=t "
                           "t. ! queue ! fakesink "
                           "t. ! queue ! deepstack ! fakesink "
                           "t. ! queue ! videoscale ! video/x-raw,width=384,height=288 ! "
                           "deepstack name=d ! fakesink")
        self.assertEqual(stats["frames_analysed"], CLIP_FRAMES)

    def test_videorate(self):
        stats = self.stats(f"uridecodebin uri=file://{self.clip} ! videorate ! "
                           "video/x-raw,framerate=5/1 ! deepstack name=d ! fakesink")
        self.assertAlmostEqual(stats["frames_in"], CLIP_FRAMES / 2, delta=1)

    def test_compositor_downstream(self):
        stats = self.stats("compositor name=c sink_1::xpos=320 ! videoconvert ! fakesink "
                           "videotestsrc num-buffers=30 pattern=ball ! "
                           "deepstack name=d proposals=motion ! c.sink_0 "
                           "videotestsrc num-buffers=30 ! deepstack ! c.sink_1")
        self.assertEqual(stats["frames_analysed"], 30)

    def test_launch_with_m_shows_events_as_messages(self):
        # At the clip's pace: of a file that is read faster, more than 20 a second are kept back.
        text = self.run_pipeline(f"uridecodebin uri=file://{self.clip} ! deepstack name=d ! "
                                 "fakesink sync=true", "-m")
        events = re.findall(r'element "d" \(element\): deepstack-event, event=\(string\)(\w+)', text)
        self.assertIn("new", events)
        self.assertEqual(events.count("new"), events.count("end"))
        self.assertEqual(events[-1], "stats")
        self.assertNotIn("update", events)

    def test_an_application_in_python_reads_the_events_pad(self):
        application = """
import json, sys, gi
gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp
Gst.init(None)
pipeline = Gst.parse_launch(
    f"uridecodebin uri=file://{sys.argv[1]} ! deepstack name=d ! fakesink "
    "d.events ! appsink name=events sync=false")
events = pipeline.get_by_name("events")
pipeline.set_state(Gst.State.PLAYING)
kinds = []
while sample := events.pull_sample():
    ok, data = sample.get_buffer().map(Gst.MapFlags.READ)
    kinds.append(json.loads(bytes(data.data))["event"])
    sample.get_buffer().unmap(data)
pipeline.set_state(Gst.State.NULL)
print(json.dumps(kinds))
"""
        done = subprocess.run(["/usr/bin/python3", "-c", application, str(self.clip)], text=True,
                              capture_output=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        kinds = json.loads(done.stdout)
        self.assertEqual(kinds.count("new"), kinds.count("end"))
        self.assertIn("update", kinds)
        self.assertEqual(kinds[-1], "stats")


if __name__ == "__main__":
    unittest.main()
