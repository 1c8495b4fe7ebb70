#!/usr/bin/env python3
"""F21 and F23 with everything real: broker killed for a minute, one that never reads, no disk left.
Each prints `fault figure limit measured`."""
import contextlib
import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import time
import unittest

from publishing import Gst, MqttReader, Mosquitto, Sink, free_port, wait_for

NOISE = 2
AWAY_S = 60


def row(fault, figure, limit, measured):
    print(fault, figure, limit, round(measured, 3), flush=True)


@contextlib.contextmanager
def deaf_listener():
    """Accepts every connection and never reads."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


class Video:
    """A live camera whose frames are timed at the end of their branch, beside a sink of events."""

    def __init__(self):
        self.pipeline = Gst.parse_launch("videotestsrc is-live=true ! video/x-raw,framerate=50/1 ! "
                                         "identity name=i ! fakesink name=f sync=false signal-handoffs=true")
        self.times = []
        self.pipeline.get_by_name("f").connect("handoff", lambda *_: self.times.append(time.monotonic()))
        self.pipeline.set_state(Gst.State.PLAYING)

    def longest_gap_s(self, since):
        times = [since] + [t for t in self.times if t >= since]
        return max(b - a for a, b in zip(times, times[1:]))

    def close(self):
        self.pipeline.set_state(Gst.State.NULL)


class FaultCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, made):
        self.addCleanup(made.close)
        return made

    def push_timed(self, sink, count):
        """The longest that the pipeline was held up by a line."""
        longest = 0.0
        for _ in range(count):
            begin = time.monotonic()
            sink.push()
            longest = max(longest, time.monotonic() - begin)
        return longest


class F23(FaultCase):
    def test_F23_BrokerKilledForAMinuteLosesNothing(self):
        broker = self.start(Mosquitto(keeps=True))
        reader = self.start(MqttReader(broker.port, topics=["deepstack/door/#"], session="reader"))
        sink = self.start(Sink(uri=f"mqtt://127.0.0.1:{broker.port}",
                               spool_location=os.path.join(self.folder.name, "spool")))
        sink.push(200)
        # What a broker acknowledged and had not passed on yet dies with it.
        reader.wait(lambda got: len(got) == 200, "the first 200")
        killed = time.monotonic()
        broker.kill()
        while time.monotonic() - killed < AWAY_S:  # 600 of them while it is away
            sink.push(min(600 + 200 - sink.number, 10) if sink.number < 800 else 0)
            time.sleep(0.9)
        broker.start()
        returned = time.monotonic()
        back_s = wait_for(lambda: sink.stat("state") == "ok", "the sink is back")
        sink.push(1000 - sink.number)
        sink.wait_published(1000)
        row("F23", "back-s", 2, back_s)
        row("F23", "delivered-s", "-", time.monotonic() - returned)
        self.assertLess(back_s, 2 * NOISE)
        wait_for(lambda: reader.events()[-1]["event_id"] == "999", "the last event", 30)
        reader.close()
        arrived = [event["event_id"] for event in reader.events()]
        first = list(dict.fromkeys(arrived))
        row("F23", "lost", 0, 1000 - len(first))
        row("F23", "twice-before-dedupe", "-", len(arrived) - len(first))
        missing = sorted({str(i) for i in range(1000)} - set(first), key=int)
        self.assertEqual((missing, first), ([], [str(i) for i in range(1000)]), "in order, once")
        sink.check_accounts(self)
        self.assertEqual((sink.stat("dropped"), sink.stat("spooled")), (0, 0))

    def test_F23_BrokerThatNeverReadsIsNotWaitedForAndLossesAreCounted(self):
        with deaf_listener() as port:
            video = self.start(Video())
            sink = self.start(Sink(uri=f"mqtt://127.0.0.1:{port}", spool_max_items=1000,
                                   drain_timeout=0))
            wait_for(lambda: len(video.times) > 50, "video")
            begin = time.monotonic()
            longest_s = self.push_timed(sink, 5000)
            degraded = sink.hear("sink.degraded")[0] - begin
            wait_for(lambda: time.monotonic() - begin > 8, "past a connection's timeout", 20)
            row("F23", "line-ms", 20, 1000 * longest_s)
            row("F23", "video-gap-ms", 100, 1000 * video.longest_gap_s(begin))
            row("F23", "degraded-s", 1, degraded)
            wait_for(lambda: sink.stat("received") == 5000, "all received")
            self.assertEqual((sink.stat("dropped"), sink.stat("spooled"), sink.stat("published")),
                             (4000, 1000, 0))
            self.assertEqual(sink.hear("sink.dropped")[2]["state"], "degraded")
            self.assertLess(video.longest_gap_s(begin), 0.1 * NOISE)
            self.assertLess(degraded, 1 * NOISE)
            stop = time.monotonic()
            sink.close()
            row("F23", "stop-s", 2, time.monotonic() - stop)
            self.assertLess(time.monotonic() - stop, 2 * NOISE)


class F21(FaultCase):
    """RLIMIT_FSIZE is a disk that is full for this process, and needs no root."""

    def setUp(self):
        super().setUp()
        self.limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, self.limits))

    def set_full(self, size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, self.limits[1]))

    def check_recovery(self, sink, full_since):
        degraded_s = sink.hear("sink.degraded")[0] - full_since
        row("F21", "degraded-s", 1, degraded_s)
        self.assertLess(degraded_s, 1 * NOISE)
        resource.setrlimit(resource.RLIMIT_FSIZE, self.limits)
        took = wait_for(lambda: sink.stat("state") != "degraded", "well again")
        row("F21", "recovered-s", 2, took)
        self.assertLess(took, 2 * NOISE)

    def test_F21_AFullDiskUnderAFileLosesNothing(self):
        path = pathlib.Path(self.folder.name, "events.jsonl")
        sink = self.start(Sink(uri=f"file://{path}"))
        sink.push(10)
        sink.wait_published(10)
        self.set_full(path.stat().st_size + 200)
        full_since = time.monotonic()
        longest_s = self.push_timed(sink, 300)
        self.check_recovery(sink, full_since)
        row("F21", "line-ms", 20, 1000 * longest_s)
        sink.finish()
        numbers = [line.split('"event_id": "')[1].split('"')[0] for line in path.read_text().splitlines()]
        self.assertEqual(numbers, [str(i) for i in range(310)], "whole lines, in order, once")
        sink.check_accounts(self)

    def test_F21_AFullDiskUnderTheSpoolStopsNothing(self):
        spool = os.path.join(self.folder.name, "spool")
        port = free_port()
        sink = self.start(Sink(uri=f"mqtt://127.0.0.1:{port}", spool_location=spool, drain_timeout=0))
        sink.push(10)
        sink.hear("sink.disconnected")
        self.set_full(64 * 1024)
        full_since = time.monotonic()
        sink.push(3000)
        degraded_s = sink.hear("sink.degraded")[0] - full_since
        row("F21", "degraded-s", 1, degraded_s)
        self.assertLess(degraded_s, 1 * NOISE)
        self.assertGreater(sink.stat("spool-errors"), 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, self.limits)
        took = wait_for(lambda: sink.stat("state") == "disconnected", "the spool is written")
        row("F21", "recovered-s", 2, took)
        self.assertLess(took, 2 * NOISE)
        sink.close()
        again = self.start(Sink(uri=f"mqtt://127.0.0.1:{port}", spool_location=spool, drain_timeout=0))
        self.assertEqual((again.stat("recovered"), again.stat("dropped")), (3010, 0))

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_F21_ASmallDiskThatFillsAndOneThatIsReadOnly(self):
        disk = pathlib.Path(self.folder.name, "disk")
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk],
                          check=False).returncode != 0:
            self.skipTest("no tmpfs here")
        self.addCleanup(lambda: subprocess.run(["umount", disk], check=True))
        sink = self.start(Sink(uri=f"file://{disk}/events.jsonl", drain_timeout=0))
        sink.push(10)
        sink.wait_published(10)
        (disk / "hog").write_bytes(b"x" * 1_000_000)
        full_since = time.monotonic()
        sink.push(2000)
        row("F21", "degraded-s", 1, sink.hear("sink.degraded")[0] - full_since)
        (disk / "hog").unlink()
        row("F21", "recovered-s", 2, sink.wait_published(2010))
        sink.close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        refused = self.start(Sink(state=Gst.State.READY, uri=f"file://{disk}/events.jsonl"))
        self.assertIn("Read-only file system", refused.errors[0])


if __name__ == "__main__":
    unittest.main()
