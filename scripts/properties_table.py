#!/usr/bin/env python3
"""Prints the properties of an element, as gst-inspect-1.0 tells them, as a Markdown table.

properties_table.py [ELEMENT]        GST_PLUGIN_PATH says where the plugin is
"""
import re
import subprocess
import sys

INHERITED = {"name", "parent", "async-handling", "message-forward",
             # of GstBaseSink
             "async", "blocksize", "enable-last-sample", "last-sample", "max-bitrate", "max-lateness",
             "processing-deadline", "qos", "render-delay", "sync", "throttle-time", "ts-offset"}


def inspect(element):
    return subprocess.run(["gst-inspect-1.0", "--no-colors", element], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def properties(text):
    """[(name, blurb, flags, type and default)] of the section Element Properties."""
    section = text.split("Element Properties:", 1)[1]
    found = []
    for line in section.splitlines():
        head = re.match(r"^  (\S+?)\s*: (.*)$", line)
        if head:
            found.append([head[1], head[2].strip(), "", ""])
        elif found and line.strip().startswith("flags:"):
            found[-1][2] = line.split(":", 1)[1].strip()
        elif found and not found[-1][3] and line.strip():
            found[-1][3] = re.sub(r"\s+", " ", line.strip())
    return [tuple(row) for row in found if row[0] not in INHERITED]


def short_type(text):
    """'Integer. Range: 1 - 1000000 Default: 1' -> '1 (1 - 1000000)'."""
    default = re.search(r"Default: (.*)$", text)
    value = default[1].strip() if default else ""
    named = re.search(r'"([^"]*)"$', value)
    value = named[1] if named else value
    value = "-" if value.endswith("Write only") else value
    limits = re.search(r"Range: (.*?)(?: Default|$)", text)
    return f"{value} ({limits[1].strip()})" if limits else value


def table(element):
    rows = ["| property | default (range) | what it does |", "|---|---|---|"]
    for name, blurb, flags, kind in properties(inspect(element)):
        note = " *(read only)*" if "writable" not in flags else ""
        rows.append(f"| `{name}` | {short_type(kind) or '-'} | {blurb}{note} |".replace("\n", " "))
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(sys.argv[1] if len(sys.argv) > 1 else "deepstack"))
