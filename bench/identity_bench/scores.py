"""HOTA, IDF1 and identity switches of a result, by TrackEval."""
import contextlib
import io
import pathlib
import shutil
import tempfile
from typing import NamedTuple

with contextlib.redirect_stdout(io.StringIO()):  # it prints which of its data sets it lacks
    import trackeval


class TrackScore(NamedTuple):
    hota: float  # per cent
    idf1: float  # per cent
    switches: int


def lay_out(root, sequence, truth, result):
    """MOTChallenge's folders with one sequence and one result."""
    folder = root / "gt/SEQ"
    (folder / "gt").mkdir(parents=True)
    shutil.copy(truth, folder / "gt/gt.txt")
    width, height = sequence.size
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname=SEQ\nimDir=img1\nframeRate={sequence.fps}\n"
        f"seqLength={sequence.frames}\nimWidth={width}\nimHeight={height}\nimExt=.jpg\n")
    data = root / "trackers/one/data"
    data.mkdir(parents=True)
    shutil.copy(result, data / "SEQ.txt")


def evaluate(sequence, truth, result):
    """TrackScore of a result file against a file of the truth."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        lay_out(root, sequence, truth, result)
        run = trackeval.Evaluator.get_default_eval_config()
        run.update(PRINT_RESULTS=False, PRINT_CONFIG=False, TIME_PROGRESS=False,
                   OUTPUT_SUMMARY=False, OUTPUT_DETAILED=False, PLOT_CURVES=False,
                   OUTPUT_EMPTY_CLASSES=False, USE_PARALLEL=False, DISPLAY_LESS_PROGRESS=True,
                   LOG_ON_ERROR=str(root / "error.log"))
        data = trackeval.datasets.MotChallenge2DBox.get_default_dataset_config()
        data.update(GT_FOLDER=str(root / "gt"), TRACKERS_FOLDER=str(root / "trackers"),
                    TRACKERS_TO_EVAL=["one"], SEQ_INFO={"SEQ": sequence.frames},
                    SKIP_SPLIT_FOL=True, BENCHMARK="MOT15", PRINT_CONFIG=False, DO_PREPROC=True)
        with contextlib.redirect_stdout(io.StringIO()):
            metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR({"PRINT_CONFIG": False}),
                       trackeval.metrics.Identity({"PRINT_CONFIG": False})]
            table, _ = trackeval.Evaluator(run).evaluate(
                [trackeval.datasets.MotChallenge2DBox(data)], metrics)
        found = table["MotChallenge2DBox"]["one"]["COMBINED_SEQ"]["pedestrian"]
        return TrackScore(100 * float(found["HOTA"]["HOTA"].mean()),
                          100 * float(found["Identity"]["IDF1"]), int(found["CLEAR"]["IDSW"]))
