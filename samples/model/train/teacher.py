"""The teacher: person-reidentification-retail-0288 (Open Model Zoo), taken apart at its end.

Its last feature map is [128, 16, 8] a picture; a convolution as large as the map sums it up with a
weight a place, and a small head makes the embedding of those 128 sums. The sum can be split by the
cells of the student's pooling grid, so each pooled token has a target of its own.
"""

import cv2
import numpy as np
import openvino
import torch
import torch.nn.functional as F

LAST_MAP, SUMMARY = "1126", "1127/WithoutBiases"
HEAD = {
    "sum_bias": "1127",
    "weight": "1136/WithoutBiases",
    "bias": "1136",
    "scale": "1147/mean/Fused_Mul_",
    "offset": "1147/variance/Fused_Add_",
    "slope": "1149",
}
EMBEDDING, SUMS = 256, 128
BATCH = 16
INPUT = (256, 128)


def constant(operation):
    """The second input of an operation, which must not depend on the first."""
    node = operation.input_value(1).get_node()
    while node.get_type_name() != "Constant":
        node = node.input_value(0).get_node()
    return np.array(node.get_data(), np.float32)


def embed_sums(sums, head):
    """The teacher's embedding, of length 1, of its 128 sums [N, 128]."""
    x = (sums + head["sum_bias"].flatten()) @ head["weight"].T + head["bias"].flatten()
    x = x * head["scale"].flatten() + head["offset"].flatten()
    return F.normalize(F.prelu(x, head["slope"].flatten()), dim=-1)


class Teacher:
    """RGB box pictures in; cells [N, rows * columns, 128] and embeddings [N, 256] out."""

    def __init__(self, path, pool, threads=1):
        core = openvino.Core()
        network = core.read_model(path)
        by_name = {op.get_friendly_name(): op for op in network.get_ordered_ops()}
        self.weight = constant(by_name[SUMMARY]).reshape(-1, *self.map_size())
        self.head = {name: torch.from_numpy(constant(by_name[op])) for name, op in HEAD.items()}
        network.add_outputs([by_name[LAST_MAP].output(0)])
        network.reshape([BATCH, 3, *INPUT])
        self.network = core.compile_model(network, "CPU", {"INFERENCE_NUM_THREADS": threads})
        self.pool = pool

    @staticmethod
    def map_size():
        return INPUT[0] // 16, INPUT[1] // 16

    def cells(self, maps):
        rows, columns = self.pool
        weighted = maps * self.weight
        split = weighted.reshape(
            len(maps), len(self.weight), rows, maps.shape[2] // rows, columns, -1
        )
        return split.sum(axis=(3, 5)).reshape(len(maps), -1, rows * columns).swapaxes(1, 2)

    def __call__(self, pictures):
        embeddings, cells = [], []
        for start in range(0, len(pictures), BATCH):
            part = pictures[start : start + BATCH]
            batch = np.zeros((BATCH, 3, *INPUT), np.float32)
            for place, picture in zip(batch, part):
                bgr = np.ascontiguousarray(picture[..., ::-1])
                place[:] = cv2.resize(bgr, INPUT[::-1]).transpose(2, 0, 1)
            output = self.network(batch)
            embedding = output[0].reshape(BATCH, -1)[: len(part)]
            embeddings.append(embedding / np.linalg.norm(embedding, axis=1, keepdims=True))
            cells.append(self.cells(output[1][: len(part)]))
        return np.concatenate(cells), np.concatenate(embeddings)
