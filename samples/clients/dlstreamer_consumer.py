#!/usr/bin/python3
"""Reads frames of DL Streamer's gvametaconvert and says how long each object was in view.

dlstreamer_consumer.py [FILE...]        JSON lines (file-format=json-lines); - or nothing is stdin

Knows the fields that DL Streamer documents for gvametaconvert and nothing of gst-deepstack: it is
what a system does that reads DL Streamer today. Reads schema=dlstreamer, and native events, whose
further keys it does not look at. One JSON object on stdout; a line that is no frame is an error.
"""
import json
import sys


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check(condition, what):
    if not condition:
        raise ValueError(what)


def read_object(found):
    """(id or None, label, confidence, attributes) of one member of `objects`."""
    for edge in ("x", "y", "w", "h"):
        check(whole(found[edge]) and found[edge] >= 0, f"{edge} is no pixel")
    check(whole(found["region_id"]), "region_id is no integer")
    check(isinstance(found["roi_type"], str), "roi_type is no text")
    detection = found["detection"]
    box = detection["bounding_box"]
    for edge in ("x_min", "y_min", "x_max", "y_max"):
        check(number(box[edge]) and 0 <= box[edge] <= 1, f"{edge} is not from 0 to 1")
    check(box["x_min"] <= box["x_max"] and box["y_min"] <= box["y_max"], "a box inside out")
    check(number(detection["confidence"]), "confidence is no number")
    check(isinstance(detection["label"], str), "label is no text")
    check("label_id" not in detection or whole(detection["label_id"]), "label_id is no integer")
    check("id" not in found or whole(found["id"]) and found["id"] > 0, "id is no track")
    # What a classifier said stands under its own name: {label, confidence, label_id, model{name}}.
    attributes = {name: value["label"] for name, value in found.items()
                  if name != "detection" and isinstance(value, dict) and
                  isinstance(value.get("label"), str)}
    return found.get("id"), detection["label"], detection["confidence"], attributes


def read_frame(frame):
    resolution = frame["resolution"]
    check(whole(resolution["width"]) and whole(resolution["height"]), "resolution is no size")
    check(whole(frame["timestamp"]), "timestamp is no integer")
    check(isinstance(frame.get("source", ""), str), "source is no text")
    check(isinstance(frame.get("tags", {}), dict), "tags is no object")
    return [read_object(found) for found in frame.get("objects", [])]


def main():
    objects = {}
    frames = 0
    for name in sys.argv[1:] or ["-"]:
        lines = sys.stdin if name == "-" else open(name, encoding="utf-8")
        for place, line in enumerate(lines, 1):
            try:
                frame = json.loads(line)
                found = read_frame(frame)
            except (ValueError, KeyError, TypeError) as error:
                raise SystemExit(f"dlstreamer_consumer: {name}:{place}: {error}") from error
            if not found:
                continue
            frames += 1
            for track, label, confidence, attributes in found:
                if track is None:
                    continue
                seen = objects.setdefault(track, {"label": label, "first_ns": frame["timestamp"],
                                                  "confidence": 0, "attributes": {}})
                seen["last_ns"] = frame["timestamp"]
                seen["confidence"] = max(seen["confidence"], confidence)
                seen["attributes"].update(attributes)
    print(json.dumps({"frames": frames, "objects": objects}))


if __name__ == "__main__":
    main()
