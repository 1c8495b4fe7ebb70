#!/usr/bin/env python3
"""How much of a core a camera needs: CPU seconds of `deepstack watch` for each second of video, by how
many frames a second are analysed. The scene decides: the model's work is by box.

cameras.py VIDEO [--cores N]     Environment: DEEPSTACK_PROGRAM, GST_PLUGIN_PATH
CPU time, not wall time: it says the same on a busy machine, or a little too much.
"""
import argparse
import json
import os
import resource
import subprocess
import tempfile

VARIANTS = (("motion", 2, False), ("motion", 5, False), ("motion", 5, True), ("motion", 10, False),
            ("hog", 2, False))


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(video, proposals, rate, adaptive, folder):
    """CPU seconds, seconds of video, boxes looked at, frames analysed."""
    events = f"{folder}/events.jsonl"
    before = children_cpu_s()
    subprocess.run([os.environ.get("DEEPSTACK_PROGRAM", "deepstack"), "watch", video, "--output", events,
                    "--proposals", proposals, "--inference-rate", str(rate)] +
                   (["--adaptive-depth"] if adaptive else []), check=True, stderr=subprocess.DEVNULL)
    cpu_s = children_cpu_s() - before
    with open(events) as file:
        lines = [json.loads(line) for line in file]
    os.remove(events)
    stats = [line for line in lines if line["event"] == "stats"][-1]
    boxes = sum(len(line["objects"]) for line in lines if line["event"] == "update")
    return cpu_s, stats["timestamp"] / 1e9, boxes, stats["stats"]["frames_analysed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    print(f"| boxes by | frames/s | adaptive-depth | people in a frame | cores a camera | cameras on "
          f"{arguments.cores} cores |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for proposals, rate, adaptive in VARIANTS:
            cpu_s, video_s, boxes, frames = run(arguments.video, proposals, rate, adaptive, folder)
            cores = cpu_s / video_s
            print(f"| {proposals} | {rate} | {'yes' if adaptive else 'no'} | {boxes / max(1, frames):.1f} "
                  f"| {cores:.2f} | {arguments.cores / cores:.1f} |", flush=True)


if __name__ == "__main__":
    main()
