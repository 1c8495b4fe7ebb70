#!/usr/bin/env python3
"""Sizes and words of the code: files, functions, names."""
import re
import statistics
import unittest

from sources import ROOT, code_files, shown

MAX_LINES, MAX_MEDIAN, MAX_FUNCTION_LINES = 600, 150, 60
BANNED_NAMES = re.compile(r"(?i)\b\w*(manager|helper|utils?)\w*\b")
NOT_A_FUNCTION = re.compile(
    r"(namespace|class|struct|enum|union|using|extern|template|typedef|public|private|protected)\b")


def length(path):
    return len(path.read_text().splitlines())


def functions(path):
    """(first line, lines) of each function defined outside of a class: it begins with a name at the
    start of a line and ends with a brace there."""
    opened = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("}"):
            if opened:
                yield opened, number - opened + 1
            opened = None
        elif NOT_A_FUNCTION.match(line) or line.endswith(";"):
            opened = None if not line.startswith(" ") else opened
        elif opened is None and re.match(r"[A-Za-z_~]", line):
            opened = number


class Limits(unittest.TestCase):
    def test_no_file_is_longer_than_600_lines(self):
        long = {shown(p): length(p) for p in code_files() if length(p) > MAX_LINES}
        self.assertEqual(long, {})

    def test_the_median_file_has_at_most_150_lines(self):
        self.assertLessEqual(statistics.median(length(p) for p in code_files("core", "cuda", "gst-plugin")),
                             MAX_MEDIAN)

    def test_no_function_is_longer_than_60_lines(self):
        long = [f"{shown(p)}:{line} has {lines} lines"
                for p in code_files() if p.suffix in {".cpp", ".h", ".cu"}
                for line, lines in functions(p) if lines > MAX_FUNCTION_LINES]
        self.assertEqual(long, [])

    def test_names_say_what_things_are(self):
        wrong = [shown(p) for p in code_files() if BANNED_NAMES.search(p.name)]
        self.assertEqual(wrong, [])

    def test_every_todo_has_an_issue(self):
        mark = "TO" + "DO"
        wrong = [f"{shown(p)}:{n}" for p in code_files()
                 for n, line in enumerate(p.read_text().splitlines(), 1)
                 if mark in line and not re.search(mark + r"\(#\d+\)", line)]
        self.assertEqual(wrong, [])

    def test_headers_say_what_they_are(self):
        wrong = [shown(p) for p in code_files("core", "cuda", "gst-plugin", "pipelines")
                 if p.suffix == ".h" and not p.read_text().startswith(("//", "/*"))]
        self.assertEqual(wrong, [])

    def test_readme_and_decisions_stay_short(self):
        limits = {ROOT / "README.md": 200, **{p: 60 for p in (ROOT / "docs/adr").glob("*.md")}}
        long = {shown(p): length(p) for p, most in limits.items() if length(p) > most}
        self.assertEqual(long, {})


if __name__ == "__main__":
    unittest.main()
