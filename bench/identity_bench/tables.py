"""The tables: each a function of the Bench that returns Markdown rows. What is ours is the program
`deepstack` run on the same files; what is the peers' is in peers.py."""
import pathlib
import statistics
import sys
import tempfile
from typing import NamedTuple

from . import (ablation, boxes, build, crops, embedders, environment, peers, scores, sequences, store,
               visits)

KINDS = ("yolox_nano", "frcnn", "oracle")
REMEMBERING = (peers.BOT_SORT_1000, peers.BOT_SORT_300, peers.GALLERY)
SPREAD = {
    "A": ((424, 610, 0, "day"), (1, 230, 60, "dusk"), (231, 423, 3600, "cold"), (611, 795, 86400, "night")),
    "B": ((611, 795, 0, "day"), (231, 423, 3600, "glare"), (424, 610, 60, "blur"), (1, 230, 86400, "warm")),
    "C": ((231, 423, 0, "day"), (611, 795, 86400, "half"), (1, 230, 3600, "night"), (424, 610, 60, "cold")),
    "D": ((611, 795, 0, "dusk"), (424, 610, 86400, "glare"), (231, 423, 3600, "day"), (1, 230, 60, "blur")),
}
GAPS = {"1 s": 1, "1 h": 3600, "1 day": 86400}


class Bench(NamedTuple):
    data: object
    ours: dict      # {name: Ours}: the model, and with a head where one is given
    quick: bool     # no peers

    @property
    def main(self):
        return next(iter(self.ours.values()))

    def peers(self, *names):
        if self.quick:
            return {}
        found = peers.available(self.data)
        return {name: found[name] for name in names or found}

    def detector(self):
        return self.data.teacher("yolox_nano.onnx")


def table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def scored(sequence, truth, rows):
    """TrackScore of rows against one of the sequence's truths, remembered."""
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder, "result.txt")
        boxes.write(result, rows)
        key = store.digest("score", 1, sequence.truths[truth], result)
        return scores.TrackScore(*store.remembered(
            key, lambda: scores.evaluate(sequence, sequence.truths[truth], result)))


def visited(sequence, rows):
    return visits.score(boxes.read(sequence.truths["10"]), rows, sequence.cuts)


def whole_row(name, sequence, tracks, identities, seconds):
    short, long = scored(sequence, "19", tracks), scored(sequence, "10", identities)
    seen = visited(sequence, identities)
    return [name, f"{short.hota:.1f}", f"{short.idf1:.1f}", short.switches, f"{long.hota:.1f}",
            f"{long.idf1:.1f}", long.switches, f"{seen.returns_right}/{seen.returns}",
            f"{seen.false_merges}/{seen.visits}", f"{sequence.frames / seconds:.0f}"]


def results(trackers, sequence, kind):
    """(name, {frame: [Row]}, seconds) of peers; one that fails is said and left out."""
    for name, make in trackers.items():
        try:
            found, seconds = peers.result(name, make, sequence, kind)
        except Exception as error:  # whatever a package throws
            print(f"{name} failed on {sequence.name}, {kind}: {error}", file=sys.stderr)
            continue
        yield name, found, seconds


def vtest(bench, kind):
    sequence = build.original(bench.data.people)
    rows = []
    for name, ours in bench.ours.items():
        tracks, _ = ours.track(sequence, kind, identity=False)
        identities, seconds = ours.track(sequence, kind, identity=True)
        rows.append(whole_row(f"**{name}**", sequence, tracks, identities, seconds))
    for name, found, seconds in results(bench.peers(), sequence, kind):
        rows.append(whole_row(name, sequence, found, found, seconds))
    return table(["tracker", "HOTA-19", "IDF1-19", "IDSW-19", "HOTA-10", "IDF1-10", "IDSW-10",
                  "returns right", "false merges", "frames/s"], rows)


def visit_row(name, sequence, rows):
    seen, score = visited(sequence, rows), scored(sequence, "10", rows)
    return [name, f"{score.hota:.1f}", f"{score.idf1:.1f}",
            f"{seen.returns_right}/{seen.returns}", f"{seen.new_right}/{seen.new}",
            f"{seen.false_merges}/{seen.visits}"]


VISIT_COLUMNS = ["HOTA", "IDF1", "returns right", "new right", "false merges"]


def returns(bench):
    sequence = build.arranged("returns", bench.data.people, sequences.parse(sequences.RETURNS),
                              bench.detector())
    rows = []
    for kind in ("oracle", "yolox_nano"):
        for name, ours in bench.ours.items():
            found, _ = ours.track(sequence, kind, identity=True)
            rows.append(visit_row(f"{kind} | **{name}**", sequence, found))
        for name, found, _ in results(bench.peers(*REMEMBERING), sequence, kind):
            rows.append(visit_row(f"{kind} | {name}", sequence, found))
    return table(["boxes", "tracker", *VISIT_COLUMNS], rows)


def spread(bench):
    rows, summary = [], []
    for kind in ("oracle", "yolox_nano"):
        right, merged = [], []
        for name, segments in SPREAD.items():
            sequence = build.arranged(f"spread-{name}", bench.data.people,
                                      sequences.after_gaps(segments), bench.detector())
            found, _ = bench.main.track(sequence, kind, identity=True)
            seen = visited(sequence, found)
            right.append(100 * seen.returns_right / seen.returns)
            merged.append(100 * seen.false_merges / seen.visits)
            rows.append(visit_row(f"{kind} | {name}: {described(segments)}", sequence, found))
        summary.append(f"{kind}: returns right {in_short(right)}, false merges {in_short(merged)}")
    return table(["boxes", "plan", *VISIT_COLUMNS], rows) + "\nMedian (range): " + "; ".join(summary) + ".\n"


def described(segments):
    gaps = {0: "", 60: " +1 min", 3600: " +1 h", 86400: " +1 day"}
    return ", ".join(f"{first}-{last} {light}{gaps[gap]}" for first, last, gap, light in segments)


def in_short(shares):
    return f"{statistics.median(shares):.0f} % ({min(shares):.0f} - {max(shares):.0f} %)"


def gap(bench):
    rows = []
    for kind in ("oracle", "yolox_nano"):
        for name, gap_s in GAPS.items():
            parts = sequences.after_gaps([(first, last, gap_s, "day")
                                          for first, last in sequences.SESSIONS])
            sequence = build.arranged(f"gap-{gap_s}s", bench.data.people, parts)
            found, _ = bench.main.track(sequence, kind, identity=True)
            rows.append(visit_row(f"{kind} | {name}", sequence, found))
    return table(["boxes", "gap between sessions", *VISIT_COLUMNS], rows)


def sampling(bench):
    rows = []
    for rate in (sequences.FPS, 5, 4, 3, 2, 1):
        sequence = build.thinned(f"sampled-{rate}", bench.data.people, rate)
        tracks, _ = bench.main.track(sequence, "yolox_nano", identity=False)
        identities, _ = bench.main.track(sequence, "yolox_nano", identity=True)
        seen = visited(sequence, identities)
        rows.append([f"{rate}" + (" (every frame)" if rate == sequences.FPS else ""), sequence.frames,
                     f"{scored(sequence, '19', tracks).idf1:.1f}",
                     f"{scored(sequence, '10', identities).idf1:.1f}",
                     f"{seen.returns_right}/{seen.returns}"])
    return table(["frames a second", "frames", "IDF1-19", "IDF1-10", "returns right"], rows)


def identities_of(rows, frames):
    """{identity: rows} in a range of frames."""
    count = {}
    for frame in frames:
        for row in rows.get(frame, []):
            count[row.id] = count.get(row.id, 0) + 1
    return count


def strangers(bench):
    people = bench.data.people
    before = sequences.Part(1, 423, 9 * 3600)
    after = sequences.Part(424, 795, 18 * 3600)
    sequence = build.with_strangers("strangers", people, bench.data.strangers, (before, after),
                                    bench.detector())
    found, _ = bench.main.track(sequence, "yolox_nano", identity=True)
    tracks, _ = bench.main.track(sequence, "yolox_nano", identity=False)
    first, second = sequence.cuts
    known = identities_of(found, range(1, first + 1))
    theirs = identities_of(found, range(first + 1, second + 1))
    back = identities_of(found, range(second + 1, sequence.frames + 1))
    long = {i for i, rows in theirs.items() if rows >= visits.SHORTEST}
    seen = visited(sequence, found)
    return table(["what", "count"], [
        ["strangers' tracks", len(identities_of(tracks, range(first + 1, second + 1)))],
        ["strangers' identities (about 6 people), of 10 frames or more", len(long)],
        ["of these, identities of people seen before (must be 0)", len(long & set(known))],
        ["identities of strangers given to people afterwards (must be 0)",
         len((long - set(known)) & set(back))],
        ["returns right of the people, the strangers between them", f"{seen.returns_right}/{seen.returns}"],
    ])


def reid(bench):
    rows = {}
    nets = () if bench.quick else (("OSNet x0.25", embedders.OsNet), ("reid-0288", embedders.Reid0288))
    for light in crops.LIGHTS:
        folder = crops.make(bench.data.people, light)
        for name, ours in bench.ours.items():
            for level, found in ours.reid(folder).items():
                rows.setdefault(f"{name}, {level}", []).append(found)
        for name, net in nets:
            path = bench.data.teacher(net.FILE)
            rows.setdefault(name, []).append(crops.of_net(lambda: net(path), name, folder))
    return table(["rank-1 / mAP", *crops.LIGHTS],
                 [[name, *(f"{a:.1f} / {b:.1f}" for a, b in found)] for name, found in rows.items()])


def without(bench):
    people = bench.data.people
    vtest = build.original(people)
    later = build.arranged("returns", people, sequences.parse(sequences.RETURNS), bench.detector())
    folder = crops.make(people, "dusk")
    rows = []
    for name, ours in variants(bench.main).items():
        found, _ = ours.track(vtest, "yolox_nano", identity=True)
        score, seen = scored(vtest, "10", found), visited(vtest, found)
        away = visited(later, ours.track(later, "yolox_nano", identity=True)[0])
        precision = "" if ours.options else f"{ours.reid(folder)['fused'][1]:.1f}"
        rows.append([name, f"{score.hota:.1f} / {score.idf1:.1f}",
                     f"{seen.returns_right}/{seen.returns}, {seen.false_merges}/{seen.visits}",
                     f"{away.returns_right}/{away.returns}, {away.false_merges}/{away.visits}", precision])
    return table(["ours", "HOTA / IDF1, 10 persons", "returns, false merges",
                  "after hours: returns, false merges", "mAP, crops at dusk"], rows)


def variants(full):
    found = {ablation.FULL: full}
    for name, change in ablation.CHANGES.items():
        folder = environment.FOLDER / "ablation" / name.replace(" ", "-").replace(",", "")
        found[name] = type(full)(full.program, ablation.changed(full.model, change, folder), full.head)
    found["adaptive depth"] = type(full)(full.program, full.model, full.head, ["--adaptive-depth"])
    return found


# Name, title and function of every table, in the order they are printed.
TABLES = {
    **{f"vtest-{kind}": (f"vtest, boxes of {kind}", lambda bench, kind=kind: vtest(bench, kind))
       for kind in KINDS},
    "returns": ("Back after hours, relit", returns),
    "spread": ("The same in four other orders, lights and gaps", spread),
    "gap": ("The gap alone: same frames, same light", gap),
    "sampling": ("Fewer frames a second", sampling),
    "strangers": ("Strangers between two sessions", strangers),
    "reid": ("Re-ID over crops", reid),
    "ablation": ("Ablation", without),
}
