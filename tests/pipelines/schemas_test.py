#!/usr/bin/python3
"""Every schema of the pad `events` on the real clip: against its JSON Schema, and read by clients
that were written from what the peers document.

Environment: GST_PLUGIN_PATH, DEEPSTACK_PROGRAM.
"""
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
CLIENTS = ROOT / "samples/clients"
FORMATS = {"native": "deepstack-1", "dlstreamer": "dlstreamer",
           "deepstream-minimal": "deepstream-minimal", "onvif-mj": "onvif-mj", "frigate": "frigate"}
TAGS = {"site": "north", "floor": 2}
LIMIT_S = 120


def schema_of(form):
    name = "events" if form == "deepstack-1" else f"schemas/{form}"
    schema = json.loads((ROOT / f"docs/{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def run_client(name, *arguments, text=""):
    return subprocess.run(["/usr/bin/python3", CLIENTS / name, *arguments], input=text, text=True,
                          capture_output=True, timeout=LIMIT_S)


def load_client(name):
    spec = importlib.util.spec_from_file_location(name, CLIENTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Schemas(unittest.TestCase):
    """One run with an element a schema, all on the same frames and boxes."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        boxes = cls.folder / "det.txt"
        # Two people who walk, the second from frame 19 on.
        boxes.write_text("".join(
            f"{frame},-1,{100 + frame},200,40,90,0.9,-1,-1,-1\n" +
            (f"{frame},-1,{500 - frame},150,30,80,0.8,-1,-1,-1\n" if frame > 18 else "")
            for frame in range(1, 200)))
        tags = json.dumps(json.dumps(TAGS))
        branches = [
            f"t. ! queue ! deepstack name=d{i} schema={schema} source=door gallery-id=one "
            f"inference-interval=3 proposals=file proposals-file={boxes} tags={tags} "
            + ("embeddings=levels " if schema == "native" else "") +
            f"d{i}.src ! fakesink d{i}.events ! application/x-json,format={form} ! "
            f"filesink location={cls.folder}/{schema}.jsonl"
            for i, (schema, form) in enumerate(FORMATS.items())]
        pipeline = f"filesrc location={CLIP} num-buffers=150 ! decodebin ! videoconvert ! tee name=t "
        command = "gst-launch-1.0 -q " + pipeline + " ".join(branches)
        done = subprocess.run(["bash", "-c", command], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_S)
        assert done.returncode == 0, done.stdout

    def lines(self, schema):
        text = (self.folder / f"{schema}.jsonl").read_text()
        self.assertTrue(text.endswith("\n"))
        return [json.loads(line) for line in text.splitlines()]

    def test_every_line_follows_its_json_schema(self):
        for schema, form in FORMATS.items():
            lines = self.lines(schema)
            self.assertGreater(len(lines), 3, schema)
            validator = schema_of(form)
            for line in lines:
                validator.validate(line)

    def test_native_events_have_ids_of_their_own_tags_and_vectors(self):
        events = self.lines("native")
        names = [event["event_id"] for event in events]
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(len({name.rpartition("-")[0] for name in names}), 1, "one run")
        self.assertEqual({json.dumps(event["tags"]) for event in events}, {json.dumps(TAGS)})
        vectors = [o["embedding"] for e in events if e["event"] == "update" for o in e["objects"]]
        self.assertEqual([[v["level"] for v in of_one] for of_one in vectors],
                         [["0", "1", "2"]] * len(vectors))
        self.assertNotIn("embedding", json.dumps(self.lines("dlstreamer")))

    def test_the_event_reader_tells_the_same_people(self):
        done = run_client("event_reader.py", "--json", self.folder / "native.jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        people = json.loads(done.stdout)
        said = {o["identity"]["id"] for e in self.lines("native") for o in e.get("objects", [])
                if "identity" in o}
        self.assertGreater(len(said), 0)
        self.assertLessEqual(set(people) - {""}, said)
        self.assertEqual(sum(len(visits) for visits in people.values()), 2)

    def test_a_consumer_of_dl_streamer_reads_both_schemas_alike(self):
        read = []
        for schema in ("dlstreamer", "native"):
            done = run_client("dlstreamer_consumer.py", self.folder / f"{schema}.jsonl")
            self.assertEqual(done.returncode, 0, done.stderr)
            read.append(json.loads(done.stdout))
        self.assertEqual(list(read[0]["objects"]), ["1", "2"])
        for track in ("1", "2"):
            ours, strict = read[1]["objects"][track], read[0]["objects"][track]
            self.assertEqual((ours["label"], ours["first_ns"]), (strict["label"], strict["first_ns"]))
        self.assertTrue(any("identity" in found["attributes"]
                            for found in read[0]["objects"].values()))

    def test_deepstream_objects_split_into_their_fields(self):
        for message in self.lines("deepstream-minimal"):
            self.assertEqual((message["version"], message["sensorId"]), ("4.0", "door"))
            self.assertGreater(int(message["id"]), 0)
            for text in message["objects"]:
                track, left, top, right, bottom, kind, mark, *attributes, confidence = text.split("|")
                self.assertIn(int(track), (1, 2))
                self.assertLess(float(left), float(right))
                self.assertLess(float(top), float(bottom))
                self.assertEqual((kind, mark, len(attributes)), ("Person", "#", 5))
                self.assertGreater(float(confidence), 0.5)

    def test_onvif_frames_become_the_xml_that_they_stand_for(self):
        def element(name, value):
            node = ElementTree.Element(name)
            for key, part in (value if isinstance(value, dict) else {"#text": value}).items():
                if key == "#text":
                    node.text = str(part)
                elif key.startswith("@"):
                    node.set(key[1:], str(part))
                else:
                    for one in part if isinstance(part, list) else [part]:
                        node.append(element(key, one))
            return node

        stream = ElementTree.Element("VideoAnalytics")
        for message in self.lines("onvif-mj"):
            stream.append(element("Frame", message["Frame"][0]))
        objects = stream.findall("Frame/Object")
        self.assertEqual({found.get("ObjectId") for found in objects}, {"1", "2"})
        self.assertEqual({found.find("Appearance/Class/Type").text for found in objects}, {"Human"})
        frame = stream.find("Frame")
        scale, shift = (frame.find(f"Transformation/{name}") for name in ("Scale", "Translate"))
        for box in frame.findall("Object/Appearance/Shape/BoundingBox"):
            top, bottom = (float(box.get(edge)) * float(scale.get("y")) + float(shift.get("y"))
                           for edge in ("top", "bottom"))
            self.assertTrue(-1 <= bottom < top <= 1, "y is upward in ONVIF's scene")
        gone = stream.findall("Frame/ObjectTree/Delete")
        self.assertEqual(sorted(found.get("ObjectId") for found in gone), ["1", "2"])

    def test_frigate_objects_begin_once_and_end_once(self):
        messages = self.lines("frigate")
        events = [message for message in messages if "before" in message]
        for kind in ("new", "end"):
            names = [event["after"]["id"] for event in events if event["type"] == kind]
            self.assertEqual((len(names), len(set(names))), (2, 2), kind)
        self.assertEqual({event["after"]["camera"] for event in events}, {"door"})
        for event in events:
            self.assertEqual(event["before"]["id"], event["after"]["id"])
            self.assertEqual(event["after"]["end_time"] is None, event["type"] != "end")
        self.assertTrue(any(event["after"]["sub_label"] for event in events))
        for update in (message for message in messages if "before" not in message):
            self.assertEqual(update["type"], "classification")
            self.assertIn(update["id"], {event["after"]["id"] for event in events})

    def test_wrong_tags_and_schemas_are_one_line_each(self):
        for options, reason in (("tags=[1]", "object"), ("tags={", "tags"),
                                ("schema=xml", "schema")):
            done = subprocess.run(["gst-launch-1.0", "videotestsrc", "num-buffers=1", "!", "deepstack",
                                   options, "!", "fakesink"], text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=LIMIT_S)
            self.assertNotEqual(done.returncode, 0, options)
            self.assertIn(reason, done.stdout)

    def test_watch_writes_the_schema_that_it_is_told(self):
        clip = self.folder / "clip.avi"
        clip.write_bytes(pathlib.Path(CLIP).read_bytes()[:150 * 4096])
        program = os.environ.get("DEEPSTACK_PROGRAM", "deepstack")
        done = subprocess.run([program, "watch", "--schema", "onvif-mj", clip], text=True,
                              capture_output=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stdout.splitlines():
            schema_of("onvif-mj").validate(json.loads(line))
        done = subprocess.run([program, "watch", "--schema", "xml", clip], text=True,
                              capture_output=True, timeout=LIMIT_S)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)


class EventReader(unittest.TestCase):
    """What comes later puts right what came before."""

    def setUp(self):
        self.history = load_client("event_reader").History()
        self.number = 0

    def add(self, kind, run="r", **more):
        self.number += 1
        event = {"schema": "deepstack-1", "event": kind, "event_id": f"{run}-{self.number}",
                 "timestamp": self.number * 10**9, "time": {}, "source": "door", **more}
        self.assertTrue(self.history.add(event))
        return event

    def see(self, track, uuid, run="r"):
        return self.add("update", run, objects=[{"id": track, "roi_type": "person",
                                                 "identity": {"id": uuid, "score": 0.9}}])

    def who(self):
        return {uuid: sorted(visit.track for visit in visits)
                for uuid, visits in self.history.identities().items()}

    def test_rename_is_of_one_track(self):
        self.see(1, "anna")
        self.see(2, "anna")
        self.see(1, "anna", run="other")
        self.add("rename", rename={"id": 1, "from": "anna", "to": "bert"})
        self.assertEqual(self.who(), {"bert": [1], "anna": [1, 2]})

    def test_merge_is_of_all_and_for_good(self):
        self.see(1, "new")
        self.add("merge", merge={"from": ["new"], "to": "anna"})
        self.assertEqual(self.who(), {"anna": [1]})
        self.see(2, "new", run="late")
        self.assertEqual(self.who(), {"anna": [1, 2]})
        self.add("merge", merge={"from": ["anna"], "to": "new"})
        self.assertEqual(self.who(), {"anna": [1, 2]}, "no circle")

    def test_a_line_that_comes_twice_counts_once(self):
        event = self.see(1, "anna")
        self.assertFalse(self.history.add(event))
        self.assertEqual(self.history.events["update"], 1)

    def test_what_is_no_native_event_is_said_with_its_line(self):
        done = run_client("event_reader.py", text='{"schema":"other"}\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("stdin:1", done.stderr)


if __name__ == "__main__":
    unittest.main()
