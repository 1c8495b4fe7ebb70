"""Writes sequences to disk, once: the video, its time stamps, truth and boxes."""
import cv2
import numpy

from . import boxes, environment, lights, sequences
from .detector import Detector
from .footage import VTEST, Footage, read_frames

FOLDER = environment.FOLDER / "sequences"
SEED = 7
STRANGERS_FPS = 10


def write_video(path, pictures, fps):
    """Motion JPEG; returns how many frames of what size."""
    writer, size, count = None, None, 0
    for picture in pictures:
        if writer is None:
            size = picture.shape[1], picture.shape[0]
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, size)
        writer.write(numpy.clip(picture, 0, 255).astype(numpy.uint8))
        count += 1
    writer.release()
    return count, size


def detect(video, detector):
    """{frame: [Row]} of the persons in a video."""
    return {n: detector(frame) for n, frame in enumerate(read_frames(video), 1)}


def original(people):
    """vtest.avi itself."""
    folder = FOLDER / "vtest"
    folder.mkdir(parents=True, exist_ok=True)
    every = range(1, 796)
    return sequences.Sequence(
        "vtest", VTEST, None, (768, 576), sequences.FPS, len(every),  # the file says 10
        sequences.write_boxes(folder, "gt", people.truths, every),
        sequences.write_boxes(folder, "det", people.detections, every), ())


def arranged(name, people, parts, detector=None):
    """Parts of the footage one after the other. With a detector (its net's file) the boxes yolox_nano
    are found anew, in the light that the parts are in."""
    relight = lights.of_frames(numpy.random.RandomState(SEED))
    rows = sequences.moments(parts)
    pictures = (relight[light](people.frames[source - 1].astype(numpy.float32))
                for source, _, light in rows)
    return finish(name, people, rows, pictures, sequences.FPS, sequences.cuts(parts), detector)


def thinned(name, people, rate):
    """vtest.avi at fewer frames a second."""
    kept = sequences.sampled(len(people.frames), rate)
    rows = [(source, int((source - 1) / sequences.FPS * 1e9), "day") for source in kept]
    pictures = (people.frames[source - 1] for source in kept)
    return finish(name, people, rows, pictures, rate, (), None)


def with_strangers(name, people, strangers, sessions, detector):
    """Two sessions of the footage with the strangers' clip between them, hours apart."""
    before, after = sessions
    rows, count = sequences.moments([before]), len(people.frames)
    start_s = before.start_s + before.length / sequences.FPS + 3600
    rows += [(count + n, int((start_s + n / STRANGERS_FPS) * 1e9), "day")
             for n in range(1, len(strangers.frames) + 1)]
    rows += sequences.moments([after])
    frames = people.frames + strangers.frames
    found = Detector(detector)
    seen = {count + n: found(frame) for n, frame in enumerate(strangers.frames, 1)}
    both = Footage(None, None, {"10": people.truths["10"]},
                   {"yolox_nano": {**people.detections["yolox_nano"], **seen}})
    first = before.length
    return finish(name, both, rows, (frames[source - 1] for source, _, _ in rows), sequences.FPS,
                  (first, first + len(strangers.frames)), None)


def finish(name, people, rows, pictures, fps, cuts, detector):
    folder = FOLDER / name
    done, video, stamps = folder / "size", folder / "video.avi", folder / "frames.csv"
    source_frames = [source for source, _, _ in rows]
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        count, size = write_video(video, pictures, fps)
        sequences.write_timestamps(stamps, rows)
        sequences.write_boxes(folder, "gt", people.truths, source_frames)
        sequences.write_boxes(folder, "det", people.detections, source_frames)
        if detector:
            boxes.write(folder / "det_yolox_nano.txt", detect(video, Detector(detector)))
        done.write_text(f"{count} {size[0]} {size[1]}")
    count, *size = map(int, done.read_text().split())
    return sequences.Sequence(
        name, video, stamps, tuple(size), fps, count,
        {key: folder / f"gt_{key}.txt" for key in people.truths},
        {kind: folder / f"det_{kind}.txt" for kind in people.detections}, cuts)
