#!/usr/bin/env python3
"""samples/clients/home_assistant.py against a real mosquitto that wants a password."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from publishing import MqttReader, Mosquitto, Sink

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "samples/clients/home_assistant.py"
ANNA, BERT, STRANGER = "aaaa0000-b", "bbbb1111-c", "cccc2222-d"


def thing(track, identity):
    return {"id": track, "roi_type": "person", "x": 1, "y": 2, "w": 3, "h": 4,
            "identity": {"id": identity, "state": "confirmed"}}


class HomeAssistant(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        broker = Mosquitto(user="ha", password="hidden-word")
        self.addCleanup(broker.close)
        credentials = pathlib.Path(self.folder.name, "broker")
        with open(os.open(credentials, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write("ha:hidden-word\n")
        self.reader = MqttReader(broker.port, topics=["homeassistant/#", "deepstack/seen/#"], user="ha",
                                 password="hidden-word")
        self.addCleanup(self.reader.close)
        self.bridge = subprocess.Popen(["/usr/bin/python3", SAMPLE, "--broker", "127.0.0.1", "--port",
                                        str(broker.port), "--credentials-file", credentials],
                                       stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.bridge.stdout.close)
        self.addCleanup(self.bridge.wait)
        self.addCleanup(self.bridge.kill)
        self.assertEqual(self.bridge.stdout.readline(), "connected\n")
        self.sink = Sink(uri=f"mqtt://127.0.0.1:{broker.port}", credentials_file=str(credentials))
        self.addCleanup(self.sink.close)
        self.number = 0

    def say(self, source, event, **fields):
        self.number += 1
        self.sink.push_text(json.dumps({"event": event, "event_id": str(self.number), "source": source,
                                        **fields}) + "\n")

    def state(self, key):
        """Waits for what is retained to be what is wanted."""
        topic = f"deepstack/seen/{key}/state"
        return lambda wanted: self.reader.wait(
            lambda got: [payload for at, payload, _ in got if at == topic][-1:] == [wanted],
            f"{key} is {wanted}")

    def test_it_says_who_is_where_and_follows_what_is_corrected(self):
        door, yard = self.state("camera_door"), self.state("camera_yard")
        self.say("door", "new", objects=[thing(1, ANNA)])
        door("person aaaa")
        self.state("identity_" + ANNA)("door")
        self.say("door", "update", objects=[thing(1, ANNA), thing(2, STRANGER)])
        door("person aaaa, person cccc")
        self.say("door", "rename", rename={"id": 2, "from": STRANGER, "to": BERT})
        door("person aaaa, bbbb")
        self.say("yard", "new", objects=[thing(1, STRANGER)])
        yard("person cccc")
        self.say("yard", "merge", merge={"from": [STRANGER], "to": ANNA})
        yard("person aaaa")
        self.state("identity_" + ANNA)("door, yard")
        self.state("identity_" + STRANGER)("")
        self.say("door", "end", objects=[thing(1, ANNA)])
        door("bbbb")
        self.say("yard", "camera.lost", camera={"state": "stalled"})
        yard("nobody")
        self.state("identity_" + ANNA)("away")
        self.check_discovery()

    def check_discovery(self):
        configs = {topic.split("/")[2]: payload for topic, payload, _ in self.reader.got
                   if topic.startswith("homeassistant/sensor/")}
        config = json.loads(configs["deepstack_camera_door"])
        self.assertEqual(config["state_topic"], "deepstack/seen/camera_door/state")
        self.assertEqual(config["availability_topic"], "deepstack/availability")
        self.assertEqual(config["unique_id"], "deepstack_camera_door")
        self.assertEqual(configs["deepstack_identity_" + STRANGER], "", "merged, and gone")

    def test_what_comes_twice_counts_once(self):
        line = json.dumps({"event": "new", "event_id": "1", "source": "door", "objects": [thing(1, ANNA)]})
        self.sink.push_text(line + "\n")
        self.state("camera_door")("person aaaa")
        self.number = 1
        self.say("door", "end", objects=[thing(1, ANNA)])
        self.state("camera_door")("nobody")
        self.sink.push_text(line + "\n")
        self.say("yard", "new", objects=[thing(1, BERT)])
        self.state("camera_yard")("person bbbb")
        self.state("camera_door")("nobody")


if __name__ == "__main__":
    unittest.main()
