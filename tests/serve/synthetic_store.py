"""Synthetic stores for the tests of `deepstack serve`: identities that go from camera to camera over three days, and
one painted video with boxes that are where its figures are. Everything by a fixed seed.
"""
import hashlib
import pathlib
import random
import sqlite3
import struct
import subprocess
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_S = 1_760_000_000.0
DAYS = 3
CAMERAS = ["gate", "yard", "hall", "stairs", "dock", "lift"]
LABELS = ["person", "person", "person", "person", "dog", "bag"]
MODEL, LEVELS, ROWS, COLUMNS, WIDTH = "people-tiny 0.2.0", 3, 4, 2, 64  # samples/model/default
VIDEO_S, VIDEO_WIDTH, VIDEO_HEIGHT, FPS = 20, 640, 360, 10


def schema():
    """The tables, as core/store/store_schema.cpp makes them."""
    text = (ROOT / "core/store/store_schema.cpp").read_text()
    parts = [part.split(')sql"')[0] for part in text.split('R"sql(')[1:]]
    return "".join(parts)


def connect(folder):
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / "deepstack.sqlite")
    database.executescript("PRAGMA journal_mode = WAL;" + schema() +
                           "PRAGMA application_id = 1146311751; PRAGMA user_version = 2;")
    database.execute("INSERT INTO meta(id, model, levels, rows, columns, width, last_number)"
                     " VALUES(1, ?, ?, ?, ?, ?, 100000)",
                     (MODEL, LEVELS, ROWS, COLUMNS, WIDTH))
    return database


GATE_BYTES = struct.pack("<3f", 1 / 3, 1 / 3, 1 / 3)


def look_of(identity):
    """(levels, tokens) of how this identity looks: directions of its own."""
    import numpy as np
    tokens = np.random.default_rng(identity).normal(size=(LEVELS, ROWS * COLUMNS, WIDTH))
    tokens /= np.linalg.norm(tokens, axis=-1, keepdims=True)
    levels = tokens.mean(axis=1)
    levels /= np.linalg.norm(levels, axis=-1, keepdims=True)
    return levels.astype("<f2").tobytes(), tokens.astype("<f2").tobytes()


def add_identity(database, number, label, name, first_s, last_s, rng):
    database.execute("INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s, name) VALUES(?, ?, ?, ?, ?, ?)",
                     (number, str(uuid.UUID(int=rng.getrandbits(128), version=4)), label, first_s, last_s, name))


def add_track(database, video, run, camera, number, identity, label, start_s, first_pts_s, last_pts_s):
    return database.execute(
        "INSERT INTO tracks(video, run, source, track, identity, score, label, first_seen_s, last_seen_s, first_pts_ns,"
        " last_pts_ns) VALUES(?, ?, ?, ?, ?, 0.9, ?, ?, ?, ?, ?)",
        (video, run, camera, number, identity, label, start_s + first_pts_s, start_s + last_pts_s,
         round(first_pts_s * 1e9), round(last_pts_s * 1e9))).lastrowid


def add_observation(database, track, start_s, pts_s, box, quality, levels, tokens):
    database.execute(
        "INSERT INTO observations(track, seconds, pts_ns, x, y, width, height, score, quality, gate, levels, tokens,"
        " crop) VALUES(?, ?, ?, ?, ?, ?, ?, 0.9, ?, ?, ?, ?, NULL)",
        (track, start_s + pts_s, round(pts_s * 1e9), *box, quality, GATE_BYTES, levels, tokens))


def add_video(database, camera, path, content_hash, start_s, duration_s, size, status="done", error=""):
    return database.execute(
        "INSERT INTO videos(camera, path, content_hash, settings_hash, start_ns, start_source, duration_s, fps, width,"
        " height, frames, status, error) VALUES(?, ?, ?, 's', ?, 'option', ?, ?, ?, ?, ?, ?, ?)",
        (camera, str(path), content_hash, round(start_s * 1e9), duration_s, FPS, *size, round(duration_s * FPS), status,
         error)).lastrowid


def figures():
    """(identity, color, first_s, last_s, box at t) of what walks through the painted video."""
    def walker(first_s, last_s, x0, x1, y, height):
        def box(t):
            share = (t - first_s) / (last_s - first_s)
            return (x0 + share * (x1 - x0), y, height * 0.4, height)
        return first_s, last_s, box
    return [(1, (200, 80, 40), *walker(1, 14, 20, 520, 150, 150)), (2, (50, 120, 220), *walker(4, 18, 560, 60, 120, 170)),
            (3, (60, 170, 90), *walker(9, 19, 100, 420, 190, 120))]


def paint(path, *encoder):
    """The painted video: a yard, and people of simple shapes in it."""
    import numpy as np
    command = ["gst-launch-1.0", "-q", "fdsrc", "!", "rawvideoparse", "format=rgb", f"width={VIDEO_WIDTH}", f"height={VIDEO_HEIGHT}",
               f"framerate={FPS}/1", "!", "videoconvert", "!", *encoder, "!", "filesink", f"location={path}"]
    ground = np.zeros((VIDEO_HEIGHT, VIDEO_WIDTH, 3), np.uint8)
    rows = np.arange(VIDEO_HEIGHT)[:, None]
    ground[:] = (np.array([120, 128, 132]) + 40 * (rows / VIDEO_HEIGHT)[..., None] * np.array([1, 0.95, 0.85])).astype(np.uint8)
    ground[:110] = (178, 190, 204)
    for x in range(0, VIDEO_WIDTH, 80):
        ground[60:110, x + 6:x + 52] = (146, 128, 112)
        ground[70:92, x + 18:x + 40] = (92, 110, 128)
    yy, xx = np.mgrid[0:VIDEO_HEIGHT, 0:VIDEO_WIDTH]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    for frame in range(VIDEO_S * FPS):
        picture, t = ground.copy(), frame / FPS
        for _, color, first_s, last_s, box in figures():
            if not first_s <= t <= last_s:
                continue
            x, y, width, height = box(t)
            middle, head = x + width / 2, height * 0.12
            step = width * 0.18 * np.sin(t * 7)
            for side in (-1, 1):
                leg = (abs(xx - (middle + side * (width * 0.14 + step * side * 0.5))) < width * 0.11) & (yy > y + height * 0.58) & (yy < y + height)
                picture[leg] = (48, 52, 66)
            body = ((xx - middle) / (width * 0.36)) ** 2 + ((yy - (y + height * 0.42)) / (height * 0.24)) ** 2 < 1
            picture[body] = color
            face = (xx - middle) ** 2 + (yy - (y + head * 1.1)) ** 2 < head ** 2
            picture[face] = (222, 184, 154)
        process.stdin.write(picture.tobytes())
    process.stdin.close()
    if process.wait() != 0:
        raise RuntimeError(f"{path} was not made")


def add_painted(database, path, camera, start_s, run):
    content = hashlib.sha256(path.read_bytes() + run.encode()).hexdigest()
    video = add_video(database, camera, path, content, start_s, VIDEO_S, (VIDEO_WIDTH, VIDEO_HEIGHT))
    for identity, _, first_s, last_s, box in figures():
        track = add_track(database, video, run, camera, identity, identity, "person", start_s, first_s, last_s)
        levels, tokens = look_of(identity)
        database.execute("INSERT INTO prototypes(identity, seconds, quality, gate, tokens) VALUES(?, ?, 1, ?, ?)",
                         (identity, start_s + first_s, GATE_BYTES, tokens))
        steps = int((last_s - first_s) * 4)
        for i in range(steps + 1):
            t = first_s + (last_s - first_s) * i / steps
            add_observation(database, track, start_s, t, box(t), 1 - abs(i / steps - 0.5), levels, None if i % 8 else tokens)
    return video


def make(folder, identities, videos=(), seed=7):
    """A store with that many identities; videos: painted ones, (path, camera), indexed at its end."""
    folder = pathlib.Path(folder)
    rng = random.Random(seed)
    database = connect(folder)
    names = {1: "Ada", 2: "Boris", 3: "Mara"}
    runs = {}
    end_s = START_S + DAYS * 86400
    for number in range(1, identities + 1):
        label = LABELS[rng.randrange(len(LABELS))] if number > 3 else "person"
        at = START_S + 86400 * rng.randrange(DAYS) + 3600 * rng.triangular(6, 22, 12)
        stays = []
        for _ in range(rng.randint(1, 5)):
            at += rng.expovariate(1 / 1800) + 20
            length = rng.uniform(3, 240)
            at = at if stays else min(at, end_s - length)
            if at + length > end_s:
                break
            stays.append((at, at + length, CAMERAS[min(len(CAMERAS) - 1, int(rng.triangular(0, len(CAMERAS), 1)))]))
            at += length
        last_s = stays[-1][1]
        if number <= 3 and videos:
            last_s = end_s + 60 * (len(videos) - 1) + VIDEO_S
        add_identity(database, number, label, names.get(number, ""), stays[0][0], last_s, rng)
        for first, last, camera in stays:
            runs[camera] = runs.get(camera, 0) + 1
            add_track(database, None, camera, camera, runs[camera], number, label, 0, first, last)
    for i, (path, camera) in enumerate(videos):
        add_painted(database, pathlib.Path(path), camera, end_s + 60 * i, f"v{i}")
    database.execute("UPDATE meta SET last_prototype = (SELECT coalesce(max(id), 0) FROM prototypes)")
    database.commit()
    database.close()


if __name__ == "__main__":
    import sys
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    clip = target / "gate.mp4"
    paint(clip, "openh264enc", "bitrate=1500000", "!", "h264parse", "!", "mp4mux", "faststart=true")
    old = target / "yard.avi"
    paint(old, "jpegenc", "!", "avimux")
    make(target, int(sys.argv[2]), [(clip, "gate"), (old, "yard")])
