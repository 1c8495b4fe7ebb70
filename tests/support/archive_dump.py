"""What is in an archive, without what may differ from run to run: UUIDs and the ids of rows."""
import sqlite3


def dump(folder):
    database = sqlite3.connect(f"file:{folder}/deepstack.sqlite?mode=ro", uri=True)
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    found = {
        name: database.execute(query).fetchall() for name, query in {
            "meta": "SELECT * FROM meta",
            "identities": "SELECT number, label, first_seen_s, last_seen_s FROM identities"
                          " ORDER BY number",
            "prototypes": "SELECT * FROM prototypes ORDER BY id",
            "videos": "SELECT camera, path, content_hash, settings_hash, start_ns, start_source,"
                      " duration_s, fps, width, height, frames, status, error FROM videos"
                      " ORDER BY path",
            "tracks": "SELECT path, track, identity, score, label, first_seen_s, last_seen_s,"
                      " first_pts_ns, last_pts_ns FROM tracks JOIN videos ON videos.id = video"
                      " ORDER BY path, track",
            "observations": "SELECT path, tracks.track, pts_ns, seconds, x, y, observations.width,"
                            " observations.height, observations.score, quality, gate, levels,"
                            " tokens, crop FROM observations"
                            " JOIN tracks ON tracks.id = observations.track"
                            " JOIN videos ON videos.id = video ORDER BY path, tracks.track, pts_ns",
        }.items()
    }
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()
    return found
