"""Models with one idea taken out, as changed copies of a model folder."""
import json
import pathlib
import shutil

import safetensors.numpy

FULL = "full"


def last_level_only(match, tensors):
    match["level_bias"] = [-100.0] * (len(match["level_bias"]) - 1) + [0.0]


def mean_of_levels(match, tensors):
    match["level_bias"] = [0.0] * len(match["level_bias"])
    for name in ("gate.weight", "gate.bias"):
        if name in tensors:
            tensors[name] = 0 * tensors[name]


def no_mrope(match, tensors):
    # All channel pairs on the axis of time, and time stands still: nothing is turned.
    match["mrope_rate"] = 0.0
    match["mrope_section"] = [sum(match["mrope_section"]), 0, 0]


def weights_without_time(match, tensors):
    match["level_gap_slope"] = [0.0] * len(match["level_gap_slope"])


CHANGES = {
    "last level only": last_level_only,
    "mean of the levels, no gate": mean_of_levels,
    "no MRoPE": no_mrope,
    "level weights the same at every gap": weights_without_time,
}


def changed(model, change, folder):
    """The changed copy of a model, in `folder`."""
    model, folder = pathlib.Path(model), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((model / "config.json").read_text())
    tensors = safetensors.numpy.load_file(model / "model.safetensors")
    change(config["match"], tensors)
    (folder / "config.json").write_text(json.dumps(config))
    if change is mean_of_levels:
        safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    else:
        shutil.copy(model / "model.safetensors", folder / "model.safetensors")
    return folder
