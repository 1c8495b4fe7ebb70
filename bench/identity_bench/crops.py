"""Crops of people in Market-1501's naming, and rank-1 and mAP of nets on them.

Of a person with several trajectories the earlier ones are the gallery (camera 1), the later ones,
relit, the queries (camera 2); persons with one trajectory are distractors in the gallery. At most
MOST crops a trajectory, inside the picture, not covered.
"""
import collections

import cv2
import numpy

from . import environment, lights, store
from .boxes import covered

FOLDER = environment.FOLDER / "crops"
MOST, MOST_COVERED = 24, 0.15
LIGHTS = ("none", "dusk", "night", "warm", "grey", "blur", "third")


def by_track(frames):
    """{id: {frame: box}} of the rows that count."""
    tracks = collections.defaultdict(dict)
    for frame, rows in frames.items():
        for row in rows:
            if row.score == 1:
                tracks[row.id][frame] = row.box
    return tracks


def owners(tracks, persons):
    """{trajectory: person}: who has the trajectory's first box."""
    first = {track: min(seen) for track, seen in tracks.items()}
    return {track: next(p for p, seen in persons.items() if seen.get(f) == tracks[track][f])
            for track, f in first.items()}


def clear_frames(track, tracks, size):
    """Frames in which nothing stands over the person and no border cuts it, at most MOST of them."""
    def clear(frame, box):
        inside = (box[0] >= 1 and box[1] >= 1 and box[0] + box[2] < size[0]
                  and box[1] + box[3] < size[1])
        return inside and all(covered(box, seen[frame]) < MOST_COVERED
                              for other, seen in tracks.items() if other != track and frame in seen)

    found = [f for f, box in sorted(tracks[track].items()) if clear(f, box)]
    if len(found) <= MOST:
        return found
    return [found[k * (len(found) - 1) // (MOST - 1)] for k in range(MOST)]


def make(people, light):
    """The folder with query/ and gallery/ under that light on the queries, written once."""
    folder = FOLDER / light
    if (folder / "done").exists():
        return folder
    relight = lights.of_crops(numpy.random.RandomState(0))[light]
    tracks, persons = by_track(people.truths["19"]), by_track(people.truths["10"])
    owner, height = owners(tracks, persons), people.frames[0].shape[0]
    size, began = (people.frames[0].shape[1], height), {}
    for track, seen in tracks.items():
        began[owner[track]] = min(began.get(owner[track], min(seen)), min(seen))
    for part in ("gallery", "query"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for track, seen in tracks.items():
        later = min(seen) > began[owner[track]]
        for frame in clear_frames(track, tracks, size):
            x, y, width, tall = map(int, seen[frame])
            crop = people.frames[frame - 1][y:y + tall, x:x + width].astype(numpy.float32)
            if later:
                crop = relight(crop)
            name = f"{owner[track]:04d}_c{2 if later else 1}_f{frame:06d}.jpg"
            cv2.imwrite(str(folder / ("query" if later else "gallery") / name),
                        numpy.clip(crop, 0, 255).astype(numpy.uint8),
                        [cv2.IMWRITE_JPEG_QUALITY, 95])
    (folder / "done").touch()
    return folder


def rank1_and_map(likeness, query_persons, gallery_persons):
    """Per cent, of likeness [queries, gallery]; queries without a right answer do not count."""
    first, precision = [], []
    for row, person in zip(likeness, query_persons):
        right = numpy.asarray(gallery_persons)[numpy.argsort(-row, kind="stable")] == person
        if right.any():
            first.append(right[0])
            places = numpy.flatnonzero(right)
            precision.append(numpy.mean(numpy.arange(1, len(places) + 1) / (places + 1)))
    return 100 * float(numpy.mean(first)), 100 * float(numpy.mean(precision))


def of_net(net, name, folder):
    """[rank-1, mAP] of another net's cosine on a folder of crops, remembered."""
    files = {part: sorted((folder / part).glob("*.jpg")) for part in ("query", "gallery")}

    def features(part):
        pictures = [cv2.imread(str(f)) for f in files[part]]
        return numpy.concatenate([net()(pictures[k:k + 16]) for k in range(0, len(pictures), 16)])

    def compute():
        persons = {part: [int(f.name[:4]) for f in files[part]] for part in files}
        return rank1_and_map(features("query") @ features("gallery").T,
                             persons["query"], persons["gallery"])

    return store.remembered(store.digest("crops", 1, name, *files["query"], *files["gallery"]), compute)
