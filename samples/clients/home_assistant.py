#!/usr/bin/env python3
"""Who is seen where, for Home Assistant: reads the events of `deepstackeventsink` from an MQTT broker
and gives back, by MQTT discovery, a sensor a camera (who is there) and a sensor an identity (where).

    home_assistant.py --broker localhost [--port 1883] [--credentials-file FILE] [--prefix deepstack]

FILE has a line user:password. Standard library and paho-mqtt 1.6 (Debian: python3-paho-mqtt).
"""
import argparse
import collections
import json
import pathlib
import re
import sys

import paho.mqtt.client

REMEMBERED = 10_000  # event_ids: what is delivered twice comes close together


class House:
    """Who is where, by what the events say. Pure: no broker, no clock."""

    def __init__(self):
        self.tracks = {}  # camera -> {track id: identity id}
        self.names = {}  # identity id -> what it is called
        self.seen = collections.OrderedDict()

    def take(self, event):
        """Applies one event. Returns the (cameras, identities) that may have changed."""
        event_id = event.get("event_id")
        if event_id is not None:
            if event_id in self.seen:
                return set(), set()
            self.seen[event_id] = True
            if len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
        camera = event.get("source", "unknown")
        tracks = self.tracks.setdefault(camera, {})
        before = set(tracks.values())
        kind = event.get("event")
        if kind in ("new", "update", "end"):
            self.take_objects(kind, event.get("objects", []), tracks)
        elif kind == "rename":
            tracks[event["rename"]["id"]] = event["rename"]["to"]
        elif kind == "merge":
            return self.merge(event["merge"])
        elif kind in ("camera.lost", "stats"):
            tracks.clear()  # nobody is seen there any more
        return {camera}, before | set(tracks.values())

    def take_objects(self, kind, objects, tracks):
        if kind == "update":
            tracks.clear()  # an update names all who are there
        for thing in objects:
            identity = thing.get("identity")
            if kind == "end":
                tracks.pop(thing["id"], None)
            elif identity:
                tracks[thing["id"]] = identity["id"]
                name = identity.get("name") or f"{thing.get('roi_type', 'object')} {identity['id'][:4]}"
                self.names[identity["id"]] = name

    def merge(self, merge):
        """What was said of the old identities is of the other one now."""
        old = set(merge["from"])
        cameras = set()
        for camera, tracks in self.tracks.items():
            for track, identity in tracks.items():
                if identity in old:
                    tracks[track] = merge["to"]
                    cameras.add(camera)
        for identity in old:
            name = self.names.pop(identity, None)
            if name:
                self.names.setdefault(merge["to"], name)
        return cameras, old | {merge["to"]}

    def people_at(self, camera):
        identities = sorted(set(self.tracks.get(camera, {}).values()))
        return [{"id": identity, "name": self.names.get(identity, identity[:4])}
                for identity in identities]

    def cameras_of(self, identity):
        return sorted(camera for camera, tracks in self.tracks.items() if identity in tracks.values())


def word(text):
    """As it may stand in a topic and in an id of Home Assistant."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text)


class Bridge:
    def __init__(self, client, prefix, discovery):
        self.client, self.prefix, self.discovery = client, prefix, discovery
        self.house = House()
        self.announced = set()

    def announce(self, key, name, icon):
        if key in self.announced:
            return
        self.announced.add(key)
        self.publish(f"{self.discovery}/sensor/deepstack_{key}/config", {
            "name": name, "unique_id": f"deepstack_{key}", "icon": icon,
            "state_topic": f"{self.prefix}/seen/{key}/state",
            "json_attributes_topic": f"{self.prefix}/seen/{key}/attributes",
            "availability_topic": f"{self.prefix}/availability",
            "device": {"identifiers": ["deepstack"], "name": "DeepStack"}})

    def publish(self, topic, value):
        text = value if isinstance(value, str) else json.dumps(value)
        self.client.publish(topic, text, qos=1, retain=True)

    def forget(self, key):
        self.announced.discard(key)
        for topic in (f"{self.discovery}/sensor/deepstack_{key}/config",
                      f"{self.prefix}/seen/{key}/state", f"{self.prefix}/seen/{key}/attributes"):
            self.client.publish(topic, "", qos=1, retain=True)  # deletes what is retained

    def on_message(self, _client, _data, message):
        try:
            event = json.loads(message.payload)
            cameras, identities = self.house.take(event)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"{message.topic}: no event that is known: {error}", file=sys.stderr)
            return
        for camera in sorted(cameras):
            key = "camera_" + word(camera)
            people = self.house.people_at(camera)
            self.announce(key, f"Seen at {camera}", "mdi:cctv")
            self.publish(f"{self.prefix}/seen/{key}/attributes", {"people": people})
            self.publish(f"{self.prefix}/seen/{key}/state",
                         ", ".join(person["name"] for person in people) or "nobody")
        for identity in sorted(identities):
            key = "identity_" + word(identity)
            if identity not in self.house.names:
                self.forget(key)
                continue
            cameras_now = self.house.cameras_of(identity)
            self.announce(key, self.house.names[identity], "mdi:account")
            self.publish(f"{self.prefix}/seen/{key}/attributes", {"identity": identity,
                                                                  "cameras": cameras_now})
            self.publish(f"{self.prefix}/seen/{key}/state", ", ".join(cameras_now) or "away")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", required=True)
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--credentials-file", type=pathlib.Path)
    parser.add_argument("--prefix", default="deepstack", help="of the events' topics")
    parser.add_argument("--discovery", default="homeassistant", help="Home Assistant's prefix")
    options = parser.parse_args()
    # A session that lasts: what comes while this program restarts is kept by the broker.
    client = paho.mqtt.client.Client("deepstack-home-assistant", clean_session=False)
    if options.credentials_file:
        user, _, password = options.credentials_file.read_text().rstrip("\n").partition(":")
        client.username_pw_set(user, password)
    bridge = Bridge(client, options.prefix, options.discovery)

    def on_connect(connected, _data, _flags, code):
        if code != 0:
            print(paho.mqtt.client.connack_string(code), file=sys.stderr)
            return
        connected.subscribe(f"{options.prefix}/+/+", qos=1)
        print("connected", flush=True)

    client.on_connect = on_connect
    client.on_message = bridge.on_message
    client.connect(options.broker, options.port)
    client.loop_forever(retry_first_connection=True)


if __name__ == "__main__":
    main()
