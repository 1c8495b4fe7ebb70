#!/usr/bin/env python3
"""Parquet tables of what `deepstack export --format jsonl` wrote.

    deepstack export --store archive --format jsonl --output archive.jsonl
    to_parquet.py archive.jsonl tables/

makes tables/video.parquet, tables/track.parquet and tables/observation.parquet (zstd), in pieces, so
that an archive larger than memory goes through. Needs PyPI pyarrow.
"""
import argparse
import json
import pathlib
import sys

import pyarrow
import pyarrow.parquet

ROWS_AT_ONCE = 65536
TIME = pyarrow.timestamp("us", tz="UTC")
SCHEMAS = {
    "video": [("video", "int64"), ("camera", "string"), ("path", "string"),
              ("content_sha256", "string"), ("start", TIME), ("start_source", "string"),
              ("duration_s", "float64"), ("fps", "float64"), ("width", "int32"),
              ("height", "int32"), ("frames", "int64"), ("status", "string"),
              ("error", "string")],
    "track": [("video", "int64"), ("track", "int64"), ("identity", "string"),
              ("score", "float32"), ("label", "string"), ("first_seen", TIME),
              ("last_seen", TIME), ("first_pts_ns", "int64"), ("last_pts_ns", "int64")],
    "observation": [("video", "int64"), ("camera", "string"), ("track", "int64"),
                    ("identity", "string"), ("label", "string"), ("time", TIME),
                    ("pts_ns", "int64"), ("box", pyarrow.list_(pyarrow.float32(), 4)),
                    ("score", "float32"), ("quality", "float32"),
                    ("gate", pyarrow.list_(pyarrow.float32())),
                    ("levels_fp16", pyarrow.list_(pyarrow.uint16()))],
}


class Table:
    def __init__(self, path, columns):
        self.schema = pyarrow.schema([
            (name, pyarrow.type_for_alias(kind) if isinstance(kind, str) else kind)
            for name, kind in columns])
        self.writer = pyarrow.parquet.ParquetWriter(path, self.schema, compression="zstd")
        self.rows = []

    def add(self, row):
        self.rows.append(row)
        if len(self.rows) == ROWS_AT_ONCE:
            self.flush()

    def flush(self):
        columns = [self.column(field) for field in self.schema]
        self.writer.write_table(pyarrow.Table.from_arrays(columns, schema=self.schema))
        self.rows = []

    def column(self, field):
        values = [row.get(field.name) for row in self.rows]
        if field.type == TIME:
            return pyarrow.array(values, "string").cast(TIME)
        return pyarrow.array(values, field.type)

    def close(self):
        self.flush()
        self.writer.close()


def main():
    parser = argparse.ArgumentParser(description="JSON lines of an archive to Parquet tables")
    parser.add_argument("lines", help="file written by deepstack export --format jsonl")
    parser.add_argument("folder", type=pathlib.Path, help="where the tables go")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    tables = {kind: Table(arguments.folder / f"{kind}.parquet", columns)
              for kind, columns in SCHEMAS.items()}
    with open(arguments.lines, encoding="utf-8") as lines:
        head = json.loads(next(lines, "{}"))
        if head.get("format") != "deepstack-archive-1":
            sys.exit(f"{arguments.lines}: is no archive of deepstack export --format jsonl")
        for line in lines:
            row = json.loads(line)
            tables[row["type"]].add(row)
    for table in tables.values():
        table.close()


if __name__ == "__main__":
    main()
