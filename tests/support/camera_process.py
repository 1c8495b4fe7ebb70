"""A camera (rtsp_server.cpp) as a process that a test kills and starts again.

Environment: DEEPSTACK_RTSP_SERVER.
"""
import os
import subprocess


class CameraProcess:
    """Listens when made. The port stays the same when it is killed and started again."""

    def __init__(self, size=(320, 240), rate=15, user="", password=""):
        self.options = [*map(str, (1, *size, rate)), "", "", "", user, password]
        self.port = 0
        self.start()

    @property
    def uri(self):
        return f"rtsp://127.0.0.1:{self.port}/camera0"

    def start(self):
        self.process = subprocess.Popen(
            [os.environ["DEEPSTACK_RTSP_SERVER"], str(self.port), *self.options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if words[:1] != ["listening"]:
            raise RuntimeError("the camera does not start")
        self.port = int(words[1])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
