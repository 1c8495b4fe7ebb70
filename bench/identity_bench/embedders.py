"""Re-ID nets of others: pictures of persons in, rows of length 1 out."""
import time
import zlib

import cv2
import numpy
import onnxruntime
import openvino

WIDTH, HEIGHT = 128, 256
IMAGENET_MEAN = numpy.array([0.485, 0.456, 0.406], numpy.float32)
IMAGENET_DEVIATION = numpy.array([0.229, 0.224, 0.225], numpy.float32)


def unit(features):
    return features / numpy.maximum(numpy.linalg.norm(features, axis=-1, keepdims=True), 1e-12)


class OsNet:
    """OSNet x0.25 (MSMT17) on ONNX Runtime. Also what boxmot calls a ReID backend: many trackers ask
    it the same, so answers are kept, and how long they took the first time is counted again."""

    FILE = "osnet_x0_25_msmt17.onnx"
    answers = {}  # by frame and boxes: features, seconds

    def __init__(self, path):
        self.spared_s = 0.0
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(path), options)

    def __call__(self, crops):
        batch = [cv2.resize(crop, (WIDTH, HEIGHT))[..., ::-1] for crop in crops]
        pictures = (numpy.array(batch, numpy.float32) / 255 - IMAGENET_MEAN) / IMAGENET_DEVIATION
        pictures = numpy.ascontiguousarray(pictures.transpose(0, 3, 1, 2), numpy.float32)
        # The published file takes one picture at a time.
        found = [self.session.run(None, {"images": picture[None]})[0][0] for picture in pictures]
        return unit(numpy.array(found))

    def get_features(self, corners, frame):
        """Features of boxes x1, y1, x2, y2 of a BGR frame."""
        if not len(corners):
            return numpy.zeros((0, 512), numpy.float32)
        key = zlib.crc32(frame.tobytes()), numpy.asarray(corners).tobytes()
        if key in self.answers:
            features, seconds = self.answers[key]
            self.spared_s += seconds
            return features
        started = time.perf_counter()
        features = self(cut(frame, corners))
        self.answers[key] = features, time.perf_counter() - started
        return features


class Reid0288:
    """person-reidentification-retail-0288 (Open Model Zoo) on OpenVINO."""

    FILE = "person-reidentification-retail-0288.xml"

    def __init__(self, path):
        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape([-1, 3, HEIGHT, WIDTH])
        self.model = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 2})

    def __call__(self, crops):
        batch = [cv2.resize(crop, (WIDTH, HEIGHT)).transpose(2, 0, 1) for crop in crops]
        found = self.model(numpy.array(batch, numpy.float32))
        return unit(numpy.array(found[0]).reshape(len(batch), -1))


def cut(frame, corners):
    """Pictures of boxes x1, y1, x2, y2, inside the frame; at least one pixel each."""
    height, width = frame.shape[:2]
    crops = []
    for x1, y1, x2, y2 in numpy.asarray(corners)[:, :4]:
        left, top = int(numpy.clip(x1, 0, width - 1)), int(numpy.clip(y1, 0, height - 1))
        right, bottom = int(numpy.clip(x2, left + 1, width)), int(numpy.clip(y2, top + 1, height))
        crops.append(frame[top:bottom, left:right])
    return crops
