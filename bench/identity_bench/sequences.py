"""Sequences cut from footage: parts of it in any order, each at its own time and in its own light.

Boxes and persons stay the real ones; order, clock and light are made. A plan is written as
"1-230@9:day,424-610@11:dusk": source frames, hour at which the part begins, light.
"""
import pathlib
from typing import NamedTuple

from . import boxes

RETURNS = "1-230@9:day,424-610@11:dusk,231-423@18:warm,611-795@23.5:night"
SESSIONS = ((1, 230), (231, 423), (424, 610), (611, 795))
FPS = 7  # of the footage as it was filmed


class Part(NamedTuple):
    first: int        # source frames, both included
    last: int
    start_s: float    # of the first frame, on the clock of the sequence
    light: str = "day"

    @property
    def length(self):
        return self.last - self.first + 1


class Sequence(NamedTuple):
    name: str
    video: pathlib.Path
    timestamps: pathlib.Path | None  # CSV: frame, source_frame, pts_ns, light; None: by fps
    size: tuple                      # width, height
    fps: float
    frames: int
    truths: dict                     # "19", "10": file
    detections: dict                 # kind: file
    cuts: tuple                      # last frame of every part but the last


def parse(plan):
    """[Part] of a written plan."""
    parts = []
    for text in plan.split(","):
        span, _, rest = text.partition("@")
        hour, _, light = rest.partition(":")
        first, _, last = span.partition("-")
        parts.append(Part(int(first), int(last), float(hour) * 3600, light))
    return parts


def after_gaps(segments, start_s=9 * 3600):
    """[Part] of (first, last, seconds since the end of the part before, light)."""
    parts = []
    for first, last, gap_s, light in segments:
        start_s += gap_s
        parts.append(Part(first, last, start_s, light))
        start_s += (last - first) / FPS
    return parts


def cuts(parts):
    """Last frames, in the sequence's own count, of every part but the last."""
    ends, total = [], 0
    for part in parts:
        total += part.length
        ends.append(total)
    return tuple(ends[:-1])


def moments(parts, fps=FPS):
    """[(source frame, nanoseconds, light)] of every frame."""
    return [(source, int((part.start_s + (source - part.first) / fps) * 1e9), part.light)
            for part in parts for source in range(part.first, part.last + 1)]


def sampled(frames, rate, fps=FPS):
    """Source frames (from 1) that are left when only `rate` a second are kept."""
    if rate >= fps:
        return list(range(1, frames + 1))
    return [i + 1 for i in range(frames) if i == 0 or int(i * rate / fps) != int((i - 1) * rate / fps)]


def write_timestamps(path, rows):
    """CSV of moments() that `deepstack track --timestamps` reads."""
    lines = ["frame,source_frame,pts_ns,light"]
    lines += [f"{n},{source},{ns},{light}" for n, (source, ns, light) in enumerate(rows, 1)]
    pathlib.Path(path).write_text("\n".join(lines) + "\n")


def write_boxes(folder, prefix, named, source_frames):
    """{name: file} with the boxes {name: {source frame: [Row]}} of the frames that are there."""
    files = {}
    for name, frames in named.items():
        files[name] = folder / f"{prefix}_{name}.txt"
        boxes.write(files[name], boxes.renumbered(frames, source_frames))
    return files
