#!/usr/bin/env python3
"""The tables of properties in docs/ are what gst-inspect-1.0 says."""
import sys
import unittest

from sources import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from properties_table import table  # noqa: E402


class Properties(unittest.TestCase):
    def test_the_page_on_properties_shows_the_element_as_it_is(self):
        self.assertIn(table("deepstack"), (ROOT / "docs/properties.md").read_text(),
                      "update it with scripts/properties_table.py")

    def test_the_page_on_cameras_shows_the_source_as_it_is(self):
        self.assertIn(table("deepstackcamerasrc"), (ROOT / "docs/cameras.md").read_text(),
                      "update it with scripts/properties_table.py deepstackcamerasrc")

    def test_the_page_on_publishing_shows_the_sink_as_it_is(self):
        self.assertIn(table("deepstackeventsink"), (ROOT / "docs/publishing.md").read_text(),
                      "update it with scripts/properties_table.py deepstackeventsink")

    def test_the_page_on_the_overlay_shows_it_as_it_is(self):
        self.assertIn(table("deepstackoverlay"), (ROOT / "docs/overlay.md").read_text(),
                      "update it with scripts/properties_table.py deepstackoverlay")


if __name__ == "__main__":
    unittest.main()
