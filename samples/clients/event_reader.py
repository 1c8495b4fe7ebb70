#!/usr/bin/python3
"""Reads native events and says who was seen where and when.

event_reader.py [--json] [FILE...]      JSON lines as `deepstack` writes them; - or nothing is stdin

What an event said is never rewritten; later ones correct it. This reader keeps a history and puts
it right: `rename` for one visit, `merge` for all of an identity. Lines that come twice, as they may
from a broker, count once. Needs nothing but Python.
"""
import argparse
import collections
import dataclasses
import json
import sys

MOST_REMEMBERED = 100_000


@dataclasses.dataclass
class Visit:
    """One track: somebody in view of one camera, from coming to going."""
    source: str
    track: int
    label: str
    first: str
    last: str
    identity: str = ""
    score: float = 0.0


class History:
    """Visits of all streams, by what is known up to the last event that was added."""

    def __init__(self):
        self.visits = {}
        self.merged = {}
        self.events = collections.Counter()
        self._seen = collections.OrderedDict()

    def add(self, event):
        """Takes one event, a dict. False when it was here before."""
        if event.get("schema") != "deepstack-1":
            raise ValueError(f"is no native event: its schema is {event.get('schema')!r}")
        name = event["event_id"]
        if name in self._seen:
            return False
        self._seen[name] = True
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        self.events[event["event"]] += 1
        run = name.rpartition("-")[0]
        for seen in event.get("objects", []):
            self._see(run, event, seen)
        if "rename" in event:
            self._rename(run, event["rename"])
        if "merge" in event:
            self._merge(event["merge"])
        return True

    def identities(self):
        """{uuid: its visits, oldest first}; "" holds those of nobody known."""
        found = collections.defaultdict(list)
        for visit in self.visits.values():
            found[visit.identity].append(visit)
        return {uuid: sorted(visits, key=lambda visit: visit.first)
                for uuid, visits in found.items()}

    def _current(self, uuid):
        while uuid in self.merged:
            uuid = self.merged[uuid]
        return uuid

    def _see(self, run, event, seen):
        time = event["time"].get("utc") or f"{event['timestamp'] / 1e9:.3f} s"
        # A track's number is its own within a run of a stream.
        key = run, seen["id"]
        visit = self.visits.get(key)
        if visit is None:
            visit = self.visits[key] = Visit(event.get("source", ""), seen["id"],
                                             seen["roi_type"], time, time)
        visit.last = time
        if "identity" in seen:
            visit.identity = self._current(seen["identity"]["id"])
            visit.score = seen["identity"]["score"]

    def _rename(self, run, rename):
        visit = self.visits.get((run, rename["id"]))
        if visit is not None and visit.identity == self._current(rename["from"]):
            visit.identity = self._current(rename["to"])

    def _merge(self, merge):
        to = self._current(merge["to"])
        for uuid in merge["from"]:
            if self._current(uuid) != to:
                self.merged[self._current(uuid)] = to
        for visit in self.visits.values():
            visit.identity = self._current(visit.identity)


def read(lines, name, history):
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            history.add(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(f"event_reader: {name}:{number}: {error}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    history = History()
    for name in options.files:
        if name == "-":
            read(sys.stdin, "stdin", history)
            continue
        with open(name, encoding="utf-8") as lines:
            read(lines, name, history)
    people = sorted(history.identities().items(), key=lambda item: item[1][0].first)
    if options.json:
        print(json.dumps({uuid: [dataclasses.asdict(visit) for visit in visits]
                          for uuid, visits in people}))
        return
    for uuid, visits in people:
        print(uuid or "not decided")
        for visit in visits:
            print(f"  {visit.source or '-'}  {visit.label} {visit.track}  {visit.first} to {visit.last}")


if __name__ == "__main__":
    main()
