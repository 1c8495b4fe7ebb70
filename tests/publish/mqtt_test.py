#!/usr/bin/env python3
"""deepstackeventsink with a real mosquitto: topics, availability, passwords, TLS, restarts."""
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from publishing import LIMIT_S, Gst, MqttReader, Mosquitto, Sink, free_port, make_certificates, wait_for

PASSWORD = "Welc0me%21@home"


class BrokerCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return str(pathlib.Path(self.folder.name, name))

    def broker(self, **settings):
        broker = Mosquitto(**settings)
        self.addCleanup(broker.close)
        return broker

    def reader(self, *arguments, **settings):
        reader = MqttReader(*arguments, **settings)
        self.addCleanup(reader.close)
        return reader

    def sink(self, **properties):
        sink = Sink(**properties)
        self.addCleanup(sink.close)
        return sink


class Mqtt(BrokerCase):
    def test_lines_go_to_their_topics_in_order_and_availability_is_retained(self):
        broker = self.broker()
        reader = self.reader(broker.port)
        sink = self.sink(uri=f"mqtt://127.0.0.1:{broker.port}")
        self.assertEqual(sink.started, Gst.StateChangeReturn.SUCCESS)
        sink.push_text('{"event":"new","source":"a/b"}\n{"event":"end","source":"yard"}\n\n{"event":"x"}')
        sink.push(50)
        got = reader.wait(lambda got: len(got) >= 54, "53 lines and online")
        lines = [(topic, payload) for topic, payload, _ in got if "availability" not in topic]
        self.assertEqual(lines[:3], [("deepstack/a_b/new", '{"event":"new","source":"a/b"}'),
                                     ("deepstack/yard/end", '{"event":"end","source":"yard"}'),
                                     ("deepstack/unknown/x", '{"event":"x"}')])
        self.assertEqual([event["event_id"] for event in reader.events()], [str(i) for i in range(50)])
        self.assertEqual(sink.hear("sink.ok")[2]["state"], "ok")
        later = self.reader(broker.port, topics=["deepstack/availability"])
        self.assertEqual(later.wait(len, "availability"), [("deepstack/availability", "online", 1)])
        sink.finish()
        self.assertEqual((sink.stat("published"), sink.stat("spooled")), (53, 0))
        sink.close()
        later.wait(lambda got: got[-1][1] == "offline", "offline at an orderly end")

    def test_a_process_that_dies_is_offline(self):
        broker = self.broker()
        reader = self.reader(broker.port, topics=["deepstack/availability"])
        line = (f"appsrc ! application/x-json ! deepstackeventsink uri=mqtt://127.0.0.1:{broker.port}")
        process = subprocess.Popen(["gst-launch-1.0", *line.split()], stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        reader.wait(lambda got: got and got[-1][1] == "online", "online", 3 * LIMIT_S)
        process.kill()
        reader.wait(lambda got: got[-1][1] == "offline", "offline")

    def test_it_is_back_within_two_seconds_and_nothing_is_lost(self):
        broker = self.broker(keeps=True)
        reader = self.reader(broker.port, topics=["deepstack/#"], session="reader")
        sink = self.sink(uri=f"mqtt://127.0.0.1:{broker.port}")
        sink.push(20)
        sink.wait_published(20)
        broker.kill()
        sink.hear("sink.disconnected")
        sink.push(100)
        time.sleep(1)  # so that it asks as seldom as it ever does
        broker.start()
        self.assertLess(wait_for(lambda: sink.stat("state") == "ok", "it is back"), 2)
        sink.wait_published(120)
        self.assertEqual(sink.stat("reconnects"), 1)
        reader.wait(lambda _: len({e["event_id"] for e in reader.events()}) == 120, "all 120 events")
        first = list(dict.fromkeys(event["event_id"] for event in reader.events()))
        self.assertEqual(first, [str(i) for i in range(120)])
        sink.check_accounts(self)

    def test_a_password_lets_it_in_and_a_wrong_one_is_said_once(self):
        broker = self.broker(user="cam", password=PASSWORD)
        reader = self.reader(broker.port, user="cam", password=PASSWORD)
        file = self.path("door")
        with open(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write(f"cam:{PASSWORD}\n")
        uri = f"mqtt://127.0.0.1:{broker.port}"
        for properties in ({"user_id": "cam", "user_pw": PASSWORD}, {"credentials_file": file}):
            sink = self.sink(uri=uri, **properties)
            sink.push()
            sink.wait_published(1)
            sink.close()
        reader.wait(lambda _: len(reader.events()) == 2, "a line of each")
        sink = self.sink(uri=uri, user_id="cam", user_pw="wr0ng-" + PASSWORD)
        sink.push()
        reason = sink.hear("sink.refused")[2]["reason"]
        self.assertIn("Not authorized", reason)
        time.sleep(1)  # a broker that is away would have been asked twice
        self.assertEqual(sink.names(), ["sink.refused"])
        self.assertEqual((sink.stat("state"), sink.stat("spooled")), ("refused", 1))

    def test_a_line_that_the_broker_will_not_have_is_counted_and_stops_no_other(self):
        acl = self.path("acl")
        pathlib.Path(acl).write_text("topic write deepstack/door/#\ntopic write deepstack/availability\n"
                                     "topic read #\n")
        broker = self.broker(lines=[f"acl_file {acl}"])
        reader = self.reader(broker.port)
        sink = self.sink(uri=f"mqtt://127.0.0.1:{broker.port}")
        sink.push(source="elsewhere")
        sink.push(source="door")
        sink.finish()
        self.assertEqual((sink.stat("rejected"), sink.stat("published")), (1, 1))
        reader.wait(lambda _: reader.events(), "the other line")

    def test_tls_believes_only_who_is_signed(self):
        certificates = make_certificates(self.folder.name)
        broker = self.broker(certificates=certificates)
        reader = self.reader(broker.port, ca_file=certificates[0])
        sink = self.sink(uri=f"mqtts://localhost:{broker.port}", ca_file=certificates[0])
        sink.push()
        sink.wait_published(1)
        reader.wait(lambda _: reader.events(), "the line")
        stranger = self.sink(uri=f"mqtts://localhost:{broker.port}")
        stranger.push()
        self.assertIn("certificate verify failed", stranger.hear("sink.disconnected")[2]["reason"])
        self.assertEqual(stranger.stat("published"), 0)

    def test_what_is_left_at_the_end_is_sent_by_the_next_run(self):
        port = free_port()
        settings = {"uri": f"mqtt://127.0.0.1:{port}", "spool_location": self.path("spool"),
                    "drain_timeout": 300}
        sink = self.sink(**settings)
        sink.push(30)
        begin = time.monotonic()
        sink.finish()
        self.assertLess(time.monotonic() - begin, 2, "the end waits for drain-timeout only")
        left = sink.hear("sink.left")[2]
        self.assertEqual(left["lines"], 30)
        self.assertIn("for the next run", left["reason"])
        begin = time.monotonic()
        sink.close()
        self.assertLess(time.monotonic() - begin, 2)
        broker = self.broker()
        reader = self.reader(broker.port)
        settings["uri"] = f"mqtt://127.0.0.1:{broker.port}"
        sink = self.sink(**settings)
        sink.number = 30
        sink.push(5)
        sink.finish()
        self.assertEqual(sink.stat("recovered"), 30)
        reader.wait(lambda _: len(reader.events()) == 35, "all of both runs")
        self.assertEqual([event["event_id"] for event in reader.events()], [str(i) for i in range(35)])


class WrongInput(BrokerCase):
    def test_each_fails_at_ready_with_one_line(self):
        pathlib.Path(self.path("open")).write_text("user:hidden\n")
        for properties, said in (
                ({"uri": ""}, "no scheme"),
                ({"uri": "http://a"}, "'http'"),
                ({"uri": "mqtt://a/{camera}"}, "{camera}; there are {source}, {event}"),
                ({"uri": "file:///proc/none/x"}, "/proc/none/x: cannot be written"),
                ({"uri": f"file://{self.folder.name}"}, self.folder.name + ": cannot be written"),
                ({"uri": "-", "spool-location": "/proc/none"}, "spool-location /proc/none"),
                ({"uri": "mqtt://a", "credentials-file": self.path("open")}, "must be 0600"),
                ({"uri": "mqtts://a", "ca-file": self.path("open")}, "is no PEM file"),
                ({"uri": "kafka://a/x/y"}, "no Kafka topic")):
            sink = self.sink(state=Gst.State.READY, **properties)
            self.assertEqual(sink.started, Gst.StateChangeReturn.FAILURE, properties)
            self.assertEqual(len(sink.errors), 1, properties)
            self.assertIn(said, sink.errors[0])
            self.assertNotIn("\n", sink.errors[0])
            self.assertNotIn("hidden", sink.errors[0])

    def test_it_can_be_set_right_and_started(self):
        sink = self.sink(state=Gst.State.READY, uri="http://a")
        sink.element.set_property("uri", "file://" + self.path("e.jsonl"))
        self.assertEqual(sink.pipeline.set_state(Gst.State.PLAYING), Gst.StateChangeReturn.SUCCESS)
        for round_ in range(3):
            sink.push(2)
            sink.wait_published(2)
            sink.pipeline.set_state(Gst.State.READY)
            sink.pipeline.set_state(Gst.State.PLAYING)
        self.assertEqual(len(pathlib.Path(self.path("e.jsonl")).read_text().splitlines()), 6)


class Credentials(BrokerCase):
    """Every way out of a process that has passwords: some that are right, some that are refused."""
    program = """
import sys
sys.path.insert(0, {folder!r})
from publishing import Gst, Sink
for event, properties in {cases!r}:
    sink = Sink(**properties)
    sink.push()
    sink.hear(event)
    Gst.debug_bin_to_dot_file(sink.pipeline, Gst.DebugGraphDetails.ALL, event)
    print([said[1] for said in sink.said], sink.element.get_property("stats").to_string(),
          sink.element.get_property("uri"), sink.errors)
    sink.finish()
    sink.close()
"""

    def outputs(self, cases):
        environment = {**os.environ, "GST_DEBUG": "9", "GST_DEBUG_DUMP_DOT_DIR": self.folder.name,
                       "GST_DEBUG_NO_COLOR": "1"}
        program = self.program.format(folder=str(pathlib.Path(__file__).parent), cases=cases)
        done = subprocess.run(["/usr/bin/python3", "-c", program], text=True, capture_output=True,
                              env=environment, timeout=12 * LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        graphs = [path.read_text() for path in pathlib.Path(self.folder.name).glob("*.dot")]
        self.assertIn("deepstackeventsink", done.stderr)
        self.assertIn("deepstackeventsink", "".join(graphs).lower())
        return {"messages and stats": done.stdout, "logs": done.stderr, "graphs": "\n".join(graphs)}

    def test_a_password_is_in_no_log_message_stats_or_graph(self):
        encoded = PASSWORD.replace("%", "%25").replace("@", "%40")
        broker = self.broker(user="cam", password=PASSWORD)
        host = f"127.0.0.1:{broker.port}"
        texts = self.outputs([
            ("sink.ok", {"uri": f"mqtt://{host}", "user_id": "cam", "user_pw": PASSWORD}),
            ("sink.ok", {"uri": f"mqtt://cam:{encoded}@{host}"}),
            ("sink.refused", {"uri": f"mqtt://who:{encoded}@{host}", "drain_timeout": 0}),
            ("sink.disconnected", {"uri": f"kafka://who:{encoded}@127.0.0.1:1", "drain_timeout": 0})])
        for name, text in texts.items():
            for secret in (PASSWORD, encoded, "Welc0me"):
                self.assertEqual(text.count(secret), 0, f"{secret} in {name}")


if __name__ == "__main__":
    unittest.main()
