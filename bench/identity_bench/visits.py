"""The visit score: are people recognised when they come back?

A visit is one run of a person in view: holes of at most HOLE frames, never across a cut, at least
SHORTEST frames long. Its identity is the one that most of its frames were given. A returning visit is
right when that is the identity most used in the person's earlier visits; a first visit is right when
its identity was never somebody else's; a false merge is a visit under another person's identity.
"""
import collections
from typing import NamedTuple

import numpy
from scipy.optimize import linear_sum_assignment

from . import boxes

HOLE, SHORTEST, LEAST_OVERLAP = 15, 10, 0.4


class VisitScore(NamedTuple):
    returns: int = 0
    returns_right: int = 0
    new: int = 0
    new_right: int = 0
    false_merges: int = 0

    @property
    def visits(self):
        return self.returns + self.new


def pair(people, predicted):
    """{index of a person: the identity predicted there} of one frame, the best pairing of all."""
    if not people or not predicted:
        return {}
    gain = numpy.array([[boxes.overlap(p.box, q.box) for q in predicted] for p in people])
    return {i: predicted[j].id for i, j in zip(*linear_sum_assignment(-gain))
            if gain[i, j] >= LEAST_OVERLAP}


def visits(truth, predicted, cuts=()):
    """[(person, [(frame, predicted identity or None)])] by first frame. Cuts are last frames."""
    seen = collections.defaultdict(list)
    for frame, people in sorted(truth.items()):
        found = pair(people, predicted.get(frame, []))
        for index, person in enumerate(people):
            seen[person.id].append((frame, found.get(index)))
    runs = []
    for person, sightings in seen.items():
        run = [sightings[0]]
        for before, after in zip(sightings, sightings[1:]):
            cut = any(before[0] <= last < after[0] for last in cuts)
            if cut or after[0] - before[0] > HOLE:
                runs.append((person, run))
                run = []
            run.append(after)
        runs.append((person, run))
    return sorted((r for r in runs if len(r[1]) >= SHORTEST), key=lambda r: r[1][0][0])


def dominant(run):
    """The identity of most frames of a run, or None, and of how many."""
    counts = collections.Counter(identity for _, identity in run if identity is not None)
    return counts.most_common(1)[0] if counts else (None, 0)


def score(truth, predicted, cuts=()):
    """VisitScore of {frame: [Row]} against the true persons."""
    used = collections.defaultdict(collections.Counter)  # by person: identity -> frames
    count = collections.Counter()
    for person, run in visits(truth, predicted, cuts):
        identity, _ = dominant(run)
        strangers = {i for other in used if other != person for i in used[other]}
        mine = used[person]
        if mine:
            count["returns"] += 1
            count["returns_right"] += identity is not None and identity == mine.most_common(1)[0][0]
        else:
            count["new"] += 1
            count["new_right"] += identity is not None and identity not in strangers
        count["false_merges"] += (identity is not None and identity in strangers
                                  and identity not in mine)
        # A visit that nobody was seen in counts as one, under no identity.
        mine.update({None: 0} if identity is None else {identity: len(run)})
    return VisitScore(**count)
