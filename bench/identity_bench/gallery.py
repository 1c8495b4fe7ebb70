"""The plainest way to recognise people again: ByteTrack, and a gallery of one mean feature an identity.

A track is decided after DECIDE frames by its mean feature: the likest identity that no track in view
has, if the cosine is above LEAST_COSINE, else a new one.
"""
import numpy

from .embedders import Reid0288, cut

DECIDE, LEAST_COSINE = 8, 0.4


class GalleryOverByteTrack:
    def __init__(self, tracker, data):
        self.tracker, self.net = tracker, Reid0288(data.teacher(Reid0288.FILE))
        self.sums, self.seen = {}, {}  # by track: sum of features, frames
        self.identity = {}             # by track
        self.known = []                # sum of features, by identity - 1

    def update(self, frame, rows):
        tracks = self.tracker.update(frame, rows)
        if not tracks:
            return []
        features = self.net(cut(frame, [t[1:5] for t in tracks]))
        for track, feature in zip(tracks, features):
            self.learn(track[0], feature)
        self.contest(tracks)
        for track in tracks:
            self.decide(track[0], tracks)
        return [(self.identity[t[0]], *t[1:]) for t in tracks if t[0] in self.identity]

    def learn(self, track, feature):
        self.sums[track] = self.sums.get(track, 0) + feature
        self.seen[track] = self.seen.get(track, 0) + 1
        if track in self.identity:
            self.known[self.identity[track] - 1] += feature

    def contest(self, tracks):
        """A lost track may be found again when another has its identity: that one is decided anew."""
        holders = set()
        for number in sorted(t[0] for t in tracks):
            identity = self.identity.get(number)
            if identity in holders:
                del self.identity[number]
            elif identity is not None:
                holders.add(identity)

    def decide(self, track, tracks):
        if track in self.identity or self.seen[track] < DECIDE:
            return
        taken = {self.identity.get(t[0]) for t in tracks}
        mean = self.sums[track] / numpy.linalg.norm(self.sums[track])
        likeness = [-1 if i in taken else float(mean @ known) / numpy.linalg.norm(known)
                    for i, known in enumerate(self.known, 1)]
        if likeness and max(likeness) > LEAST_COSINE:
            self.identity[track] = int(numpy.argmax(likeness)) + 1
            self.known[self.identity[track] - 1] += self.sums[track]
        else:
            self.known.append(self.sums[track].copy())
            self.identity[track] = len(self.known)
