"""A camera that sends JPEG pictures over HTTP without an end (multipart/x-mixed-replace), or a file
with one, as a server that a test stops and starts again at the same port."""
import http.server
import pathlib
import subprocess
import tempfile
import threading

PICTURE_INTERVAL_S = 0.1


def pictures():
    """JPEG files of a ball that moves."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", "pattern=ball", "num-buffers=10",
                        "!", "video/x-raw,format=I420,width=320,height=240", "!", "jpegenc", "!",
                        "multifilesink", f"location={folder}/%d.jpg"], check=True)
        return [path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())]


class HttpCamera:
    def __init__(self, file=None):
        self.file = file
        self.port = 0
        self.pictures = pictures() if file is None else []
        self.start()

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.port}/" + ("clip.avi" if self.file else "video.mjpg")

    def start(self):
        camera, stopped = self, threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.send_response(200)
                if camera.file:
                    body = camera.file.read_bytes()
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                number = 0
                while not stopped.wait(PICTURE_INTERVAL_S):
                    picture = camera.pictures[number % len(camera.pictures)]
                    number += 1
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                    try:
                        self.wfile.write(head.encode() + picture + b"\r\n")
                    except OSError:
                        return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.stopped = stopped
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
