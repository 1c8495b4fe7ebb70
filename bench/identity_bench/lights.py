"""Light as a filter on a BGR picture, 0..255 in and out (not clipped): what hours do to a camera."""
import cv2
import numpy


def gamma(picture, exponent):
    return 255 * (numpy.clip(picture, 0, 255) / 255.0) ** exponent


def grey(picture):
    plain = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(plain, cv2.COLOR_GRAY2BGR)


def half(picture):
    small = cv2.resize(picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (picture.shape[1], picture.shape[0]))


def of_frames(random):
    """{name: filter of a float32 frame}; noise comes from the given numpy RandomState."""
    return {
        "day": lambda p: p,
        "dusk": lambda p: gamma(p, 2.2),
        "warm": lambda p: gamma(p, 1.5) * numpy.array([0.6, 0.95, 1.2]),
        "night": lambda p: grey(p) * 0.4 + random.normal(0, 5, p.shape),
        "glare": lambda p: gamma(p, 0.5),
        "cold": lambda p: p * numpy.array([1.35, 1.0, 0.65]),
        "blur": lambda p: cv2.GaussianBlur(p, (0, 0), 2.0),
        "half": half,
    }


def of_crops(random):
    """The same for crops of one person; "third" makes them smaller, as from further away."""
    def third(crop):
        size = max(4, crop.shape[1] // 3), max(8, crop.shape[0] // 3)
        return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)

    return {
        "none": lambda c: c,
        "dusk": lambda c: gamma(c, 2.5),
        "glare": lambda c: gamma(c, 0.45),
        "night": lambda c: c * 0.25 + random.normal(0, 4, c.shape),
        "warm": lambda c: c * numpy.array([0.6, 0.95, 1.3]),
        "cold": lambda c: c * numpy.array([1.35, 1.0, 0.65]),
        "grey": lambda c: grey(c.astype(numpy.uint8)),
        "blur": lambda c: cv2.GaussianBlur(c, (0, 0), 1.5),
        "third": third,
    }
