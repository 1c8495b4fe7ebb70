"""What the tests of deepstackeventsink share: real brokers on loopback, readers that are not ours,
and the element in a pipeline. Everything waits on conditions, LIMIT_S at most."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import gi
import paho.mqtt.client

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst  # noqa: E402

LIMIT_S = 10
Gst.init(None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(condition, what, limit_s=LIMIT_S):
    """Returns how long it took. For what nobody tells us of; the others have conditions."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > limit_s:
            raise AssertionError(f"{what}: not within {limit_s} s")
        time.sleep(0.005)
    return time.monotonic() - begin


def make_certificates(folder):
    """(authority, certificate, key) of a broker called localhost."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=localhost")
    pathlib.Path(folder, "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "cert.pem")
    return tuple(str(pathlib.Path(folder, name)) for name in ("ca.pem", "cert.pem", "key.pem"))


class Mosquitto:
    """Keeps its port over its lives, and with `keeps` its sessions."""

    def __init__(self, user=None, password=None, certificates=None, keeps=False, lines=()):
        self.folder = tempfile.mkdtemp(prefix="mosquitto-")
        self.port = free_port()
        config = [f"listener {self.port} 127.0.0.1", "user root", "log_type none",
                  "max_queued_messages 0", *lines]
        if user is None:
            config.append("allow_anonymous true")
        else:
            passwords = os.path.join(self.folder, "passwords")
            subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, user, password], check=True,
                           capture_output=True)
            config += ["allow_anonymous false", f"password_file {passwords}"]
        if certificates:
            _, certificate, key = certificates
            config += [f"certfile {certificate}", f"keyfile {key}"]
        if keeps:
            config += ["persistence true", f"persistence_location {self.folder}/",
                       "autosave_on_changes true", "autosave_interval 1"]
        self.config = pathlib.Path(self.folder, "mosquitto.conf")
        self.config.write_text("\n".join(config) + "\n")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", self.config],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: listens(self.port), "mosquitto listens")

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class MqttReader:
    """paho-mqtt's client: (topic, payload, retained) of all that comes."""

    def __init__(self, port, topics=("#",), user=None, password=None, session=None, ca_file=None):
        self.got = []
        self.changed = threading.Condition()
        self.subscribed = threading.Event()
        self.topics = topics
        self.client = paho.mqtt.client.Client(session or "", clean_session=session is None)
        if user:
            self.client.username_pw_set(user, password)
        if ca_file:
            self.client.tls_set(ca_certs=ca_file)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe([(t, 1) for t in self.topics])
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self.on_message
        self.client.connect("localhost" if ca_file else "127.0.0.1", port)
        self.client.loop_start()
        assert self.subscribed.wait(LIMIT_S), "mosquitto did not let the reader in"

    def on_message(self, _client, _data, message):
        with self.changed:
            self.got.append((message.topic, message.payload.decode(), message.retain))
            self.changed.notify_all()

    def wait(self, enough, what, limit_s=LIMIT_S):
        with self.changed:
            if not self.changed.wait_for(lambda: enough(self.got), limit_s):
                raise AssertionError(f"{what}: not within {limit_s} s; the last of "
                                     f"{len(self.got)}: {self.got[-3:]}")
            return list(self.got)

    def events(self, topic="deepstack/door/"):
        with self.changed:
            return [json.loads(payload) for at, payload, _ in self.got if at.startswith(topic)]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class KafkaMock:
    """librdkafka's mock cluster in a process of its own (kafka_mock.cpp)."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["DEEPSTACK_KAFKA_MOCK"]], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.brokers = self.process.stdout.readline().split()[1]

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def read(self, topic, count):
        """[(key, value)] from the topic's beginning."""
        self.say(f"read {topic} {count}")
        lines = []
        while (line := self.process.stdout.readline().rstrip("\n")) != "end":
            assert self.process.poll() is None, "the mock cluster is gone"
            lines.append(tuple(line.split("\t", 1)))
        return lines

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Sink:
    """appsrc ! deepstackeventsink, and what it says."""

    def __init__(self, state=Gst.State.PLAYING, **properties):
        self.pipeline = Gst.Pipeline.new(None)
        self.source = Gst.ElementFactory.make("appsrc", None)
        self.source.set_property("caps", Gst.Caps.from_string(
            "application/x-json, format=(string)deepstack-1"))
        # A push waits until the sink has taken the line before: so it shows whether the sink waits.
        self.source.set_property("block", True)
        self.source.set_property("max-bytes", 1)
        self.element = Gst.ElementFactory.make("deepstackeventsink", "sink")
        for name, value in properties.items():
            self.element.set_property(name.replace("_", "-"), value)
        self.pipeline.add(self.source)
        self.pipeline.add(self.element)
        self.source.link(self.element)
        self.said = []  # (time, structure as text, {event, state, reason, lines})
        self.errors = []
        self.eos = threading.Event()
        self.changed = threading.Condition()
        self.number = 0
        self.pipeline.get_bus().set_sync_handler(self.on_message)
        self.started = self.pipeline.set_state(state)

    def on_message(self, _bus, message):
        structure = message.get_structure()
        with self.changed:
            if message.type == Gst.MessageType.ELEMENT and structure.has_name("deepstack-sink"):
                self.said.append((time.monotonic(), structure.to_string(), {
                    name: structure.get_value(name)
                    for name in ("event", "state", "reason", "lines", "spooled", "dropped")}))
            if message.type == Gst.MessageType.ERROR:
                self.errors.append(message.parse_error()[0].message)
            self.changed.notify_all()
        if message.type == Gst.MessageType.EOS:
            self.eos.set()
        return Gst.BusSyncReply.DROP

    def push(self, count=1, source="door", event="update"):
        for _ in range(count):
            line = json.dumps({"event": event, "event_id": str(self.number), "source": source})
            self.push_text(line + "\n")
            self.number += 1

    def push_text(self, text):
        assert self.source.emit("push-buffer", Gst.Buffer.new_wrapped(text.encode())) == Gst.FlowReturn.OK

    def stat(self, name):
        return self.element.get_property("stats").get_value(name)

    def names(self):
        with self.changed:
            return [said["event"] for _, _, said in self.said]

    def hear(self, event, limit_s=LIMIT_S):
        with self.changed:
            heard = lambda: [one for one in self.said if one[2]["event"] == event]  # noqa: E731
            if not self.changed.wait_for(heard, limit_s):
                raise AssertionError(f"no {event} within {limit_s} s: {[s[1] for s in self.said]}")
            return heard()[0]

    def wait_published(self, count, limit_s=LIMIT_S):
        return wait_for(lambda: self.stat("published") >= count, f"{count} lines published", limit_s)

    def check_accounts(self, case):
        stats = {name: self.stat(name) for name in
                 ("received", "recovered", "published", "rejected", "dropped", "spooled")}
        case.assertEqual(stats["received"] + stats["recovered"],
                         stats["published"] + stats["rejected"] + stats["dropped"] + stats["spooled"],
                         stats)

    def finish(self, limit_s=LIMIT_S):
        self.source.emit("end-of-stream")
        assert self.eos.wait(limit_s), "no end of stream"

    def close(self):
        self.pipeline.set_state(Gst.State.NULL)
