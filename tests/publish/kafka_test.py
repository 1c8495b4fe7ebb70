#!/usr/bin/env python3
"""deepstackeventsink with librdkafka's mock cluster in a process of its own."""
import json
import os
import shutil
import subprocess
import unittest

from publishing import LIMIT_S, KafkaMock, Sink


class KafkaCase(unittest.TestCase):
    def setUp(self):
        self.cluster = KafkaMock()
        self.addCleanup(self.cluster.close)

    def sink(self, **properties):
        sink = Sink(**properties)
        self.addCleanup(sink.close)
        return sink

    def ids(self, rows, source):
        return [json.loads(value)["event_id"] for key, value in rows if key == source]


class Kafka(KafkaCase):
    def test_all_is_delivered_once_and_in_order_though_requests_fail(self):
        sink = self.sink(uri=f"kafka://{self.cluster.brokers}/events")
        sink.push()
        sink.wait_published(1)
        self.cluster.say("errors 9")
        for source in ("door", "yard"):
            sink.number = 1
            sink.push(200, source=source)
        sink.finish(3 * LIMIT_S)
        self.assertEqual((sink.stat("published"), sink.stat("spooled")), (401, 0))
        rows = self.cluster.read("events", 401)
        self.assertEqual(len(rows), 401)
        self.assertEqual(self.ids(rows, "door"), [str(i) for i in range(201)])
        self.assertEqual(self.ids(rows, "yard"), [str(i) for i in range(1, 201)])

    def test_topics_may_have_the_camera_and_a_broker_may_go_away(self):
        sink = self.sink(uri=f"kafka://{self.cluster.brokers}/events-{{source}}")
        sink.push(10)
        sink.wait_published(10)
        self.cluster.say("down")
        sink.hear("sink.disconnected")
        sink.push(20)
        self.cluster.say("up")
        sink.finish(3 * LIMIT_S)
        self.assertEqual(sink.stat("published"), 30)
        rows = self.cluster.read("events-door", 30)
        self.assertEqual(self.ids(rows, "door"), [str(i) for i in range(30)])
        self.assertIn("sink.ok", sink.names()[1:])

    def test_a_line_that_is_too_long_is_counted_and_stops_no_other(self):
        sink = self.sink(uri=f"kafka://{self.cluster.brokers}/events")
        sink.push_text(json.dumps({"event": "x", "filler": "x" * 1_100_000}) + "\n")
        sink.push()
        sink.finish(3 * LIMIT_S)
        self.assertEqual((sink.stat("published"), sink.stat("rejected")), (1, 1))


class Kcat(KafkaCase):
    """A second client, of others. Label extra."""

    def test_kcat_reads_what_was_published(self):
        self.assertIsNotNone(shutil.which("kcat"), "scripts/setup.sh setup_extra_dependencies")
        sink = self.sink(uri=f"kafka://{self.cluster.brokers}/events")
        sink.push(25)
        sink.finish(3 * LIMIT_S)
        done = subprocess.run(["kcat", "-b", self.cluster.brokers, "-C", "-t", "events", "-e", "-q",
                               "-f", "%k %s\\n"], text=True, capture_output=True,
                              timeout=3 * LIMIT_S, env=os.environ)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split(" ", 1) for line in done.stdout.splitlines()]
        self.assertEqual([(key, json.loads(value)["event_id"]) for key, value in rows],
                         [("door", str(i)) for i in range(25)])


if __name__ == "__main__":
    unittest.main()
