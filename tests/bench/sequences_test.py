"""Cuts, clocks and sampling of bench/identity's sequences."""
import pathlib
import tempfile
import unittest

from identity_bench import boxes, sequences
from identity_bench.sequences import Part

HOUR = 3600


class Sequences(unittest.TestCase):
    def test_a_plan_is_read(self):
        self.assertEqual(sequences.parse("1-230@9:day,611-795@23.5:night"),
                         [Part(1, 230, 9 * HOUR, "day"), Part(611, 795, 23.5 * HOUR, "night")])

    def test_the_default_plan_shows_every_frame_once(self):
        shown = [source for source, _, _ in sequences.moments(sequences.parse(sequences.RETURNS))]
        self.assertEqual(sorted(shown), list(range(1, 796)))

    def test_cuts_are_the_last_frames_of_parts_in_the_new_count(self):
        self.assertEqual(sequences.cuts(sequences.parse(sequences.RETURNS)), (230, 417, 610))

    def test_time_goes_by_frames_inside_a_part(self):
        rows = sequences.moments([Part(11, 12, HOUR, "dusk"), Part(1, 1, 2 * HOUR)], fps=4)
        self.assertEqual(rows, [(11, HOUR * 10**9, "dusk"), (12, HOUR * 10**9 + 250_000_000, "dusk"),
                                (1, 2 * HOUR * 10**9, "day")])

    def test_gaps_are_from_the_end_of_a_part_to_the_next(self):
        first, second = sequences.after_gaps([(1, 8, 0, "day"), (9, 10, 60, "night")], start_s=100)
        self.assertEqual((first.start_s, second.start_s, second.light), (100, 100 + 1 + 60, "night"))

    def test_sampling_keeps_that_many_frames_a_second(self):
        self.assertEqual(sequences.sampled(795, 7), list(range(1, 796)))
        self.assertEqual(sequences.sampled(15, 1), [1, 8, 15])
        for rate in (1, 2, 3, 4, 5):
            kept = sequences.sampled(700, rate)
            self.assertAlmostEqual(len(kept), 100 * rate, delta=1)
            self.assertEqual(kept, sorted(set(kept)))

    def test_boxes_follow_their_frames(self):
        row = boxes.Row(4, 1.0, 2.0, 3.0, 4.5, 0.5)
        with tempfile.TemporaryDirectory() as name:
            files = sequences.write_boxes(pathlib.Path(name), "gt", {"10": {5: [row]}}, [9, 5])
            self.assertEqual(boxes.read(files["10"]), {2: [row]})

    def test_time_stamps_have_the_columns_that_track_reads(self):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name, "frames.csv")
            sequences.write_timestamps(path, [(3, 1_000, "day")])
            self.assertEqual(path.read_text(), "frame,source_frame,pts_ns,light\n1,3,1000,day\n")


if __name__ == "__main__":
    unittest.main()
