"""Boxes in MOTChallenge text: frame, id, x, y, width, height, score, ... one row a box."""
import collections
import pathlib
from typing import NamedTuple


class Row(NamedTuple):
    id: int
    x: float
    y: float
    width: float
    height: float
    score: float

    @property
    def box(self):
        return self[1:5]


def read(path):
    """{frame: [Row]} of a file, frames rising."""
    frames = collections.defaultdict(list)
    for line in pathlib.Path(path).read_text().splitlines():
        if line.strip():
            values = line.split(",")
            row = Row(int(float(values[1])), *map(float, values[2:7]))
            frames[int(float(values[0]))].append(row)
    return dict(sorted(frames.items()))


def write(path, frames):
    """The counterpart of read(). Column 8 is MOT15's class; TrackEval wants rows to have ten."""
    lines = [f"{frame},{row.id},{row.x:.2f},{row.y:.2f},{row.width:.2f},{row.height:.2f},"
             f"{row.score:g},-1,-1,-1\n"
             for frame, rows in sorted(frames.items()) for row in rows]
    pathlib.Path(path).write_text("".join(lines))


def renumbered(frames, source_frames):
    """Rows of the frames that are kept: frame n of the result is frame source_frames[n - 1]."""
    return {n: frames[source] for n, source in enumerate(source_frames, 1) if source in frames}


def overlap(a, b):
    """Intersection over union of two boxes x, y, width, height."""
    width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height + 1e-9)


def covered(a, b):
    """Share of box a that box b lies on."""
    width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return width * height / (a[2] * a[3])
