"""Whether a series of measurements grows. Standard library only."""
import statistics


def theil_sen(points):
    """The median of the slopes between all pairs of (x, y): up to a third of them may be outliers."""
    points = sorted(points)
    slopes = [(later[1] - earlier[1]) / (later[0] - earlier[0])
              for i, earlier in enumerate(points) for later in points[i + 1:]
              if later[0] > earlier[0]]
    if not slopes:
        raise ValueError("a slope needs two points at different x")
    return statistics.median(slopes)


def growth(values):
    """How much higher the typical value of the last third is than that of the first."""
    third = len(values) // 3
    if third == 0:
        raise ValueError(f"{len(values)} values, growth needs 3")
    return statistics.median_low(values[-third:]) - statistics.median_low(values[:third])
