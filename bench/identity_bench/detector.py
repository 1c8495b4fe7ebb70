"""YOLOX-nano (COCO) on ONNX Runtime: persons of a picture. For footage that comes without boxes."""
import cv2
import numpy
import onnxruntime

from . import boxes

SIDE, LEAST_SCORE, SUPPRESSION, PERSON = 416, 0.05, 0.45, 0


class Detector:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(path), options)
        grids, strides = [], []
        for stride in (8, 16, 32):
            row, column = numpy.mgrid[: SIDE // stride, : SIDE // stride]
            grids.append(numpy.stack((column, row), axis=-1).reshape(-1, 2))
            strides.append(numpy.full((len(grids[-1]), 1), stride))
        self.grid, self.stride = numpy.concatenate(grids), numpy.concatenate(strides)

    def __call__(self, frame):
        """Rows without identity (-1) of a BGR picture."""
        ratio = SIDE / max(frame.shape[:2])
        small = cv2.resize(frame, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_LINEAR)
        canvas = numpy.full((SIDE, SIDE, 3), 114, numpy.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        batch = canvas.transpose(2, 0, 1)[None].astype(numpy.float32)
        raw = self.session.run(None, {self.session.get_inputs()[0].name: batch})[0][0]
        centre = (raw[:, :2] + self.grid) * self.stride
        size = numpy.exp(raw[:, 2:4]) * self.stride
        score = raw[:, 4] * raw[:, 5 + PERSON]
        found = numpy.concatenate((centre - size / 2, size), axis=1) / ratio
        kept = cv2.dnn.NMSBoxes(found.tolist(), score.tolist(), LEAST_SCORE, SUPPRESSION)
        return [boxes.Row(-1, *map(float, found[i]), float(score[i]))
                for i in numpy.array(kept, int).ravel()]
