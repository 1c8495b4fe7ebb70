"""Trackers of others on a sequence's boxes, in Python, each as its authors set it up or tuned to
remember for longer. They get boxes from LEAST_SCORE, the frames, and nothing about time: their memory
is counted in frames."""
import contextlib
import io
import logging
import pathlib
import time

import numpy

from . import boxes, store
from .embedders import OsNet
from .footage import read_frames
from .gallery import GalleryOverByteTrack

LEAST_SCORE = 0.3


class Boxmot:
    """A tracker of boxmot; with a net's file, one that looks at people too."""

    def __init__(self, name, net=None, **settings):
        import boxmot
        logging.disable(logging.WARNING)
        self.net = OsNet(net) if net else None
        if net:
            settings["reid_model"] = self.net
        self.tracker = getattr(boxmot, name)(**settings)

    @property
    def spared_s(self):
        return self.net.spared_s if self.net else 0.0

    def update(self, frame, rows):
        found = [[r.x, r.y, r.x + r.width, r.y + r.height, r.score, 0] for r in rows]
        tracks = self.tracker.update(numpy.array(found, numpy.float32).reshape(-1, 6), frame)
        return [(int(t[4]), *t[:4], float(t[5])) for t in tracks]


class Supervision:
    def __init__(self):
        import supervision
        self.package, self.tracker = supervision, supervision.ByteTrack()

    def update(self, frame, rows):
        corners = [[r.x, r.y, r.x + r.width, r.y + r.height] for r in rows]
        found = self.package.Detections(
            xyxy=numpy.array(corners, numpy.float32).reshape(-1, 4),
            confidence=numpy.array([r.score for r in rows], numpy.float32),
            class_id=numpy.zeros(len(rows), int))
        seen = self.tracker.update_with_detections(found)
        return [(int(i), *box, float(score))
                for i, box, score in zip(seen.tracker_id, seen.xyxy, seen.confidence)]


class Norfair:
    def __init__(self):
        import norfair
        self.package = norfair
        self.tracker = norfair.Tracker(distance_function="iou", distance_threshold=0.7)

    def update(self, frame, rows):
        found = [self.package.Detection(numpy.array([[r.x, r.y], [r.x + r.width, r.y + r.height]]))
                 for r in rows]
        return [(int(t.id), *t.estimate.ravel(), 1.0) for t in self.tracker.update(found)
                if t.live_points.any()]


class DeepSortRealtime:
    def __init__(self, max_age):
        from deep_sort_realtime.deepsort_tracker import DeepSort
        self.tracker = DeepSort(max_age=max_age, embedder_gpu=False, half=False)

    def update(self, frame, rows):
        found = [([r.x, r.y, r.width, r.height], r.score, "person") for r in rows]
        return [(int(t.track_id), *t.to_ltrb(), 1.0)
                for t in self.tracker.update_tracks(found, frame=frame)
                if t.is_confirmed() and t.time_since_update == 0]


BOT_SORT = "BoT-SORT + OSNet"
BOT_SORT_300 = "BoT-SORT + OSNet, memory 300 frames, proximity 1.0"
BOT_SORT_1000 = "BoT-SORT + OSNet, memory 1000, proximity 1.0, appearance 0.35"
GALLERY = "ByteTrack + gallery of reid-0288, cos > 0.4"


def available(data):
    """{name: function that makes the tracker}; each on nets of DATA_DIR where it needs one."""
    net = data.teacher(OsNet.FILE)
    return {
        BOT_SORT: lambda: Boxmot("BotSort", net),
        BOT_SORT_300: lambda: Boxmot("BotSort", net, track_buffer=300, proximity_thresh=1.0),
        BOT_SORT_1000: lambda: Boxmot("BotSort", net, track_buffer=1000, proximity_thresh=1.0,
                                      appearance_thresh=0.35),
        "StrongSORT + OSNet": lambda: Boxmot("StrongSort", net),
        "StrongSORT + OSNet, age 300, cos 0.3": lambda: Boxmot("StrongSort", net, max_age=300,
                                                               max_cos_dist=0.3),
        "Deep OC-SORT + OSNet": lambda: Boxmot("DeepOcSort", net),
        "OccluBoost + OSNet": lambda: Boxmot("OccluBoost", net),
        "OC-SORT": lambda: Boxmot("OcSort"),
        "ByteTrack (boxmot)": lambda: Boxmot("ByteTrack"),
        "ByteTrack (supervision)": Supervision,
        "norfair (IoU)": Norfair,
        "deep-sort-realtime, age 30": lambda: DeepSortRealtime(30),
        "deep-sort-realtime, age 300": lambda: DeepSortRealtime(300),
        GALLERY: lambda: GalleryOverByteTrack(Boxmot("ByteTrack"), data),
    }


def run(make, sequence, kind):
    """{text of the result, seconds of the tracker with its net, without decoding}."""
    tracker, seconds, result = make(), 0.0, {}
    detections = boxes.read(sequence.detections[kind])
    for number, frame in enumerate(read_frames(sequence.video), 1):
        rows = [r for r in detections.get(number, []) if r.score >= LEAST_SCORE]
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            tracks = tracker.update(frame, rows)
        seconds += time.perf_counter() - started
        result[number] = [boxes.Row(i, x1, y1, x2 - x1, y2 - y1, score)
                          for i, x1, y1, x2, y2, score in tracks]
    return {"rows": {n: [list(map(float, r)) for r in rows] for n, rows in result.items()},
            "seconds": seconds + getattr(tracker, "spared_s", 0.0)}


def result(name, make, sequence, kind):
    """({frame: [Row]}, seconds), remembered: the libraries are pinned, the gallery is a file here."""
    ours = [pathlib.Path(__file__).parent / "gallery.py"] if name == GALLERY else []
    key = store.digest("peer", 1, name, *ours, sequence.video, sequence.detections[kind], LEAST_SCORE)
    found = store.remembered(key, lambda: run(make, sequence, kind))
    rows = {int(n): [boxes.Row(int(r[0]), *r[1:]) for r in rows] for n, rows in found["rows"].items()}
    return rows, found["seconds"]
