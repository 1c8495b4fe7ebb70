"""deepstack index as a test runs it, and clips for it."""
import os
import pathlib
import subprocess

PROGRAM = os.environ["DEEPSTACK_PROGRAM"]
VTEST = pathlib.Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
LIMIT_S = 900


def make_clip(path, frames, caps="width=320,height=240,framerate=25/1", encoder="avenc_mpeg4",
              muxer="mp4mux"):
    """Something that moves over a still background."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pipeline = (f"videotestsrc pattern=ball num-buffers={frames} ! video/x-raw,{caps} ! "
                f"videoconvert ! {encoder} ! {muxer} ! filesink location={path}")
    subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], check=True, timeout=LIMIT_S)
    return path


def begin(store, *names, options=()):
    return subprocess.Popen([PROGRAM, "index", *map(str, names), "--store", str(store), *options],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def index(store, *names, options=()):
    """(exit code, stdout, stderr)"""
    process = begin(store, *names, options=options)
    try:
        out, error = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, error
