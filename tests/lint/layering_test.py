#!/usr/bin/env python3
"""Includes flow one way: gst-plugin -> core -> cuda, pipelines -> core (docs/architecture.md)."""
import re
import unittest

from sources import ROOT, code_files, shown

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
TORCH = r"^(torch|ATen|c10)/"
# Folder -> what its files must not include.
FORBIDDEN = {
    "core": [r"^gst/", r"^glib", r"^gio/", r"^cuda", r"^gst-plugin/", r"^pipelines/", r"^samples/"],
    "cuda": [r"^core/", r"^gst", r"^glib", r"^opencv2/", r"^nlohmann/", r"^pipelines/"],
    "gst-plugin": [TORCH, r"^cuda", r"^deepstack/", r"^pipelines/", r"^opencv2/", r"^nlohmann/"],
    "pipelines": [TORCH, r"^cuda", r"^deepstack/", r"^gst-plugin/"],
}


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1]


class Layering(unittest.TestCase):
    def test_no_folder_includes_what_it_must_not(self):
        wrong = [f"{shown(path)}:{number} includes {name}"
                 for folder, patterns in FORBIDDEN.items()
                 for path in code_files(folder)
                 for number, name in includes(path)
                 if any(re.match(pattern, name) for pattern in patterns)]
        self.assertEqual(wrong, [])

    def test_gstreamer_stays_within_watch(self):
        wrong = [f"{shown(path)}:{number} includes {name}"
                 for path in code_files("pipelines") if "watch" not in path.relative_to(ROOT).parts
                 for number, name in includes(path) if re.match(r"^(gst/|glib|gio/)", name)]
        self.assertEqual(wrong, [])

    def test_torch_stays_within_model_and_cuda(self):
        wrong = [f"{shown(path)}:{number} includes {name}"
                 for path in code_files("core") if "model" not in path.relative_to(ROOT).parts
                 for number, name in includes(path) if re.match(TORCH, name)]
        self.assertEqual(wrong, [])

    def test_no_weights_are_read_as_programs(self):
        # Pickles and TorchScript run code; only safetensors are read.
        calls = re.compile(r"torch::load|torch::jit::load|pickle_load|torch\.load\(")
        wrong = [shown(path) for path in code_files("core", "cuda", "gst-plugin", "pipelines")
                 if calls.search(path.read_text())]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
