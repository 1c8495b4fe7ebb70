#!/usr/bin/python3
"""Runs `deepstack watch` on a camera that is killed and comes back every few seconds, and measures
whether the process grows. Standard library only.

soak.py MINUTES [--limit MB_PER_HOUR]
Prints `fault figure limit measured` lines; exit 1 when one is over its limit, or the camera was not
watched all the time. Environment: DEEPSTACK_PROGRAM, DEEPSTACK_RTSP_SERVER, GST_PLUGIN_PATH.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from process import sample
from slope import growth, theil_sen

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from camera_process import CameraProcess  # noqa: E402

LIVE_S = 5
PATIENCE_S = 45  # the longest wait for a camera that keeps failing is 30 s and a fifth


class Watch:
    def __init__(self, uri, folder):
        self.events = folder / "events.jsonl"
        self.log_path = folder / "status.txt"
        self.log = self.log_path.open("w")
        self.process = subprocess.Popen(
            [os.environ.get("DEEPSTACK_PROGRAM", "deepstack"), "watch",
             uri, "--name", "soak", "--output", self.events],
            stderr=self.log)

    def lines(self):
        return self.events.read_bytes().count(b"\n") if self.events.exists() else 0

    def wait_for_lines(self, more_than):
        """Whether the camera is watched (again): new events within PATIENCE_S."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.lines() > more_than:
                return True
            time.sleep(0.2)
        return False

    def last_words(self):
        return "\n".join(self.log_path.read_text().splitlines()[-10:])

    def stop(self):
        """Seconds that the drain took, and the exit code."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return time.monotonic() - began, code


def cycles(camera, watch, seconds):
    """(hours, Sample) after LIVE_S of events, and once more after every kill of the camera."""
    began, told = time.monotonic(), 0
    lines = 0
    while time.monotonic() - began < seconds:
        if not watch.wait_for_lines(lines):
            raise SystemExit(f"no event within {PATIENCE_S} s of the camera's return; watch said last:\n"
                             f"{watch.last_words()}")
        time.sleep(LIVE_S)
        now = sample(watch.process.pid)
        if now is None:
            raise SystemExit("deepstack watch is gone")
        passed = time.monotonic() - began
        yield passed / 3600, now
        if passed - told >= 60:
            told = passed
            print(f"{passed / 60:5.1f} min  {now.rss_mb:.1f} MB  {now.fds} fds  "
                  f"{now.threads} threads", flush=True)
        camera.kill()
        lines = watch.lines()
        camera.start()


def judge(samples, limit):
    """Prints the figures; whether all are within their limits."""
    slope = theil_sen([(hours, now.rss_mb) for hours, now in samples])
    fds = growth([now.fds for _, now in samples])
    threads = growth([now.threads for _, now in samples])
    print(f"F28 rss-slope-mb-per-h {limit} {slope:.2f}")
    print(f"F28 fd-growth 0 {fds}")
    print(f"F28 thread-growth 0 {threads}")
    return slope <= limit and fds <= 0 and threads <= 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", type=float)
    parser.add_argument("--limit", type=float, default=1.0, help="MB an hour")
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60
    warm_up_h = max(60, seconds / 5) / 3600
    with tempfile.TemporaryDirectory() as folder:
        camera = CameraProcess()
        watch = Watch(camera.uri, pathlib.Path(folder))
        try:
            samples = list(cycles(camera, watch, seconds))
            drained_s, code = watch.stop()
        finally:
            if watch.process.poll() is None:
                watch.process.kill()
                watch.process.wait()
            camera.kill()
    warm = [(hours, now) for hours, now in samples if hours >= warm_up_h]
    print(f"{len(samples)} reconnects, {len(warm)} samples after {warm_up_h * 60:.1f} min of warm-up")
    if len(warm) < 3:
        raise SystemExit("too short to say anything: give more minutes")
    print(f"F28 drain-s 5 {drained_s:.2f}")
    return 0 if judge(warm, arguments.limit) and code == 0 and drained_s <= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
