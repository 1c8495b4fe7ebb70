#!/usr/bin/python3
import random
import unittest

from slope import growth, theil_sen


class TheilSen(unittest.TestCase):
    def test_finds_the_slope_of_a_line_in_any_order(self):
        points = [(x, 3 + 0.25 * x) for x in range(50)]
        random.Random(1).shuffle(points)
        self.assertAlmostEqual(theil_sen(points), 0.25)

    def test_is_not_moved_by_a_quarter_of_outliers(self):
        points = [(x, 2.0 * x + (1e6 if x % 4 == 0 else 0)) for x in range(100)]
        self.assertAlmostEqual(theil_sen(points), 2.0, delta=0.1)

    def test_finds_a_slow_leak_in_noise(self):
        noise = random.Random(2)
        points = [(x / 720, 300 + 5 * x / 720 + noise.gauss(0, 0.3)) for x in range(720)]
        self.assertAlmostEqual(theil_sen(points), 5, delta=0.2)
        flat = [(x / 720, 300 + noise.gauss(0, 0.3)) for x in range(720)]
        self.assertAlmostEqual(theil_sen(flat), 0, delta=0.2)

    def test_forgets_a_step_that_happened_once(self):
        points = [(x, 100 if x < 5 else 110) for x in range(100)]
        self.assertEqual(theil_sen(points), 0)

    def test_wants_two_points_at_different_times(self):
        for points in ([], [(1, 1)], [(1, 1), (1, 2)]):
            self.assertRaises(ValueError, theil_sen, points)


class Growth(unittest.TestCase):
    def test_is_the_difference_of_the_typical_values(self):
        self.assertEqual(growth([20, 21, 20, 20, 25, 20, 20, 20, 21]), 0)
        self.assertEqual(growth([20, 20, 20, 22, 22, 22, 24, 24, 24]), 4)
        self.assertEqual(growth([24, 20, 20]), -4)

    def test_wants_three_values(self):
        self.assertRaises(ValueError, growth, [1, 2])


if __name__ == "__main__":
    unittest.main()
