"""What is compared with the reference: core through parity_probe, the operators through torch."""
import functools
import json
import os
import random
import subprocess

import torch

# Another draw each run; DEEPSTACK_SEED repeats one.
SEED = int(os.environ.get("DEEPSTACK_SEED", random.SystemRandom().randrange(2**32)))


def draw(name):
    """A random generator of its own for each test, so that one can be repeated alone."""
    print(f"{name}: DEEPSTACK_SEED={SEED}", flush=True)
    return random.Random(f"{SEED} {name}")


def probe(function, cases):
    """Results of one function of core, None where it refuses."""
    done = subprocess.run([os.environ["DEEPSTACK_PROBE"]], input=json.dumps({function: cases}),
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)[function]


@functools.cache
def operators():
    torch.ops.load_library(os.environ["DEEPSTACK_CORE"])
    return torch.ops.deepstack
