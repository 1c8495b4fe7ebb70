#!/usr/bin/env python3
"""Pipelines as a user types them: `deepstack` and its sink of events, to a broker and to stdout."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from publishing import LIMIT_S, MqttReader, Mosquitto

CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
ANALYSIS = (f"filesrc location={CLIP} num-buffers=60 ! decodebin ! videoconvert ! deepstack name=d source=vtest "
            "proposals=motion  d.src ! fakesink  d.events ! ")


def launch(sink):
    return subprocess.run(["gst-launch-1.0", "-q", *ANALYSIS.split(), *sink.split()], text=True,
                          capture_output=True, timeout=12 * LIMIT_S)


class Publish(unittest.TestCase):
    def test_what_a_broker_gets_is_what_stdout_shows(self):
        broker = Mosquitto()
        self.addCleanup(broker.close)
        reader = MqttReader(broker.port, topics=["deepstack/#"])
        self.addCleanup(reader.close)
        with tempfile.TemporaryDirectory() as folder:
            done = launch("tee name=t  t. ! queue ! deepstackeventsink uri=-  t. ! queue ! "
                          f"deepstackeventsink uri=mqtt://127.0.0.1:{broker.port} spool-location={folder}")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(pathlib.Path(folder, "spool.sqlite").exists())
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertGreater(len(lines), 5)
        got = reader.wait(lambda got: got[-1][1] == "offline", "the end")
        events = [(topic, json.loads(payload)) for topic, payload, _ in got if "availability" not in topic]
        self.assertEqual([event for _, event in events], lines)
        for topic, event in events:
            self.assertEqual(topic, f"deepstack/vtest/{event['event']}")


class WatchPublishes(unittest.TestCase):
    program = os.environ.get("DEEPSTACK_PROGRAM", "deepstack")

    def test_watch_publishes_what_it_writes_to_each_place(self):
        broker = Mosquitto()
        self.addCleanup(broker.close)
        reader = MqttReader(broker.port, topics=["deepstack/#"])
        self.addCleanup(reader.close)
        with tempfile.TemporaryDirectory() as folder:
            output, copy = pathlib.Path(folder, "output.jsonl"), pathlib.Path(folder, "copy.jsonl")
            clip = pathlib.Path(folder, "clip.avi")
            with open(CLIP, "rb") as whole:
                clip.write_bytes(whole.read(60 * 4096))
            done = subprocess.run(
                [self.program, "watch", clip, "--output", output, "--publish", f"mqtt://127.0.0.1:{broker.port}",
                 "--publish", f"file://{copy}", "--publish-spool", folder], text=True, capture_output=True,
                timeout=12 * LIMIT_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            written = output.read_text()
            self.assertGreater(len(written.splitlines()), 5)
            self.assertEqual(copy.read_text(), written)
            got = reader.wait(lambda got: got[-1][1] == "offline", "the end")
            payloads = [payload for topic, payload, _ in got if "availability" not in topic]
            self.assertEqual(payloads, written.splitlines())
            self.assertIn(f"mqtt://127.0.0.1:{broker.port}", done.stderr)
            self.assertTrue(pathlib.Path(folder, "1", "spool.sqlite").exists())

    def test_what_is_wrong_is_one_line(self):
        done = subprocess.run([self.program, "watch", CLIP, "--output", "/dev/null", "--publish", "http://a"],
                              text=True, capture_output=True, timeout=12 * LIMIT_S)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertIn("--publish: uri has the scheme 'http'", done.stderr)


if __name__ == "__main__":
    unittest.main()
