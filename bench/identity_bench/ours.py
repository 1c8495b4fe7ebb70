"""The program `deepstack` on a sequence or on crops."""
import json
import pathlib
import subprocess
import tempfile
import time

from . import boxes, store


class Ours:
    """One model with the program; options are those of `deepstack track`."""

    def __init__(self, program, model, head=None, options=()):
        self.program, self.model, self.head = program, pathlib.Path(model), head
        self.options = list(options)

    def arguments(self):
        return ["--model", str(self.model), *(["--head", str(self.head)] if self.head else []),
                *self.options]

    def key(self, *parts):
        folders = [self.model, *([pathlib.Path(self.head)] if self.head else [])]
        files = [f for folder in folders for f in sorted(folder.glob("*"))
                 if f.suffix in {".json", ".safetensors"} and f.name != "reference.safetensors"]
        core = sorted(self.program.resolve().parents[1].glob("core/libdeepstack_core.so"))
        return store.digest("ours", 1, self.program, *core, *files, self.options, *parts)

    def call(self, arguments):
        """(standard output, seconds) of the program."""
        started = time.perf_counter()
        done = subprocess.run([str(self.program), *arguments], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout, time.perf_counter() - started

    def track(self, sequence, kind, identity):
        """({frame: [Row]}, seconds with start and decoding), remembered."""
        arguments = ["track", "--input", str(sequence.video), "--output", "-",
                     "--detections", str(sequence.detections[kind])]
        inputs = [sequence.video, sequence.detections[kind]]
        if sequence.timestamps:
            arguments += ["--timestamps", str(sequence.timestamps)]
            inputs.append(sequence.timestamps)
        else:
            arguments += ["--fps", str(sequence.fps)]  # a container may say something else
        if identity:
            arguments.append("--identity")

        def compute():
            text, seconds = self.call(arguments + self.arguments())
            return {"text": text, "seconds": seconds}

        found = store.remembered(self.key(identity, sequence.fps, *inputs), compute)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(found["text"])
            file.flush()
            return boxes.read(file.name), found["seconds"]

    def reid(self, crops):
        """{level: (rank-1, mAP)} over a folder with query/ and gallery/, per cent."""
        files = sorted(pathlib.Path(crops).glob("*/*.jpg"))
        arguments = ["reid", "--query", f"{crops}/query", "--gallery", f"{crops}/gallery",
                     "--levels", "all", *self.arguments()]

        def compute():
            rows = map(json.loads, self.call(arguments)[0].splitlines())
            return {r["level"]: [100 * r["rank1"], 100 * r["mAP"]] for r in rows}

        return store.remembered(self.key("reid", *files), compute)
