"""The visit score on made-up people: what is right, what is not, and why."""
import unittest

from identity_bench import boxes, visits

A, B = 1, 2
LEFT, RIGHT = (0, 0, 10, 20), (100, 0, 10, 20)


def row(person, box=LEFT):
    return boxes.Row(person, *box, 1)


def seen(*spans):
    """{frame: [Row]} of (identity, first frame, last frame, box)."""
    frames = {}
    for identity, first, last, box in spans:
        for frame in range(first, last + 1):
            frames.setdefault(frame, []).append(row(identity, box))
    return frames


# A is there twice, B beside the second visit.
TRUTH = seen((A, 1, 20, LEFT), (A, 60, 80, LEFT), (B, 60, 80, RIGHT))


class Visits(unittest.TestCase):
    def test_the_truth_scores_everything(self):
        found = visits.score(TRUTH, TRUTH)
        self.assertEqual(found, visits.VisitScore(returns=1, returns_right=1, new=2, new_right=2))
        self.assertEqual(found.visits, 3)

    def test_other_names_for_the_same_people_score_the_same(self):
        named = seen((70, 1, 20, LEFT), (70, 60, 80, LEFT), (9, 60, 80, RIGHT))
        self.assertEqual(visits.score(TRUTH, named), visits.score(TRUTH, TRUTH))

    def test_somebody_new_on_return_is_not_right_and_no_merge(self):
        forgotten = seen((A, 1, 20, LEFT), (3, 60, 80, LEFT), (B, 60, 80, RIGHT))
        found = visits.score(TRUTH, forgotten)
        self.assertEqual((found.returns_right, found.new_right, found.false_merges), (0, 2, 0))

    def test_swapped_identities_are_a_false_merge(self):
        swapped = seen((A, 1, 20, LEFT), (B, 60, 80, LEFT), (A, 60, 80, RIGHT))
        found = visits.score(TRUTH, swapped)
        self.assertEqual((found.returns_right, found.new_right, found.false_merges), (0, 1, 1))

    def test_a_switch_in_the_middle_goes_by_most_frames(self):
        late = seen((A, 1, 20, LEFT), (3, 60, 64, LEFT), (A, 65, 80, LEFT), (B, 60, 80, RIGHT))
        early = seen((A, 1, 20, LEFT), (A, 60, 64, LEFT), (3, 65, 80, LEFT), (B, 60, 80, RIGHT))
        self.assertEqual(visits.score(TRUTH, late).returns_right, 1)
        self.assertEqual(visits.score(TRUTH, early).returns_right, 0)

    def test_nothing_found_is_nothing_right(self):
        found = visits.score(TRUTH, {})
        self.assertEqual((found.returns_right, found.new_right, found.false_merges), (0, 0, 0))
        self.assertEqual(found.returns, 1)

    def test_a_short_hole_is_no_return_and_a_cut_is_one(self):
        hole = seen((A, 1, 20, LEFT), (A, 20 + visits.HOLE, 60, LEFT))
        gone = seen((A, 1, 20, LEFT), (A, 21 + visits.HOLE, 60, LEFT))
        self.assertEqual(visits.score(hole, hole).returns, 0)
        self.assertEqual(visits.score(gone, gone).returns, 1)
        self.assertEqual(visits.score(hole, hole, cuts=(20,)).returns, 1)

    def test_a_glimpse_is_no_visit(self):
        glimpse = seen((A, 1, visits.SHORTEST - 1, LEFT))
        self.assertEqual(visits.score(glimpse, glimpse).visits, 0)

    def test_a_box_elsewhere_is_not_the_person(self):
        self.assertEqual(visits.pair([row(A, LEFT)], [row(7, RIGHT)]), {})
        self.assertEqual(visits.pair([row(A, LEFT), row(B, RIGHT)], [row(7, RIGHT), row(8, LEFT)]),
                         {0: 8, 1: 7})


if __name__ == "__main__":
    unittest.main()
