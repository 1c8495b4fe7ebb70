"""The benchmark's own Python environment: peers and metrics, pinned, outside of the source tree.

boxmot is AGPL-3.0: it is installed here to be measured and nowhere linked or copied. LibTorch's wheel
is large and already in the project's environment, which a .pth file adds behind this one.
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("DEEPSTACK_CACHE") or
                     pathlib.Path.home() / ".cache/gst-deepstack")
FOLDER = CACHE / "bench-identity"

# What peers ask for beyond this (plotting, exporting, training) is not used here.
LIBRARIES = [
    "numpy==2.4.6", "scipy==1.17.1", "pandas==2.3.3", "scikit-learn==1.9.1", "filterpy==2.0.0",
    "lapx==0.11.1", "opencv-python-headless==4.14.0.94", "onnxruntime==1.32.0", "openvino==2026.4.1",
    "loguru==0.7.3", "PyYAML==6.0.4", "rich==15.0.0", "gdown==6.5.1", "requests==2.34.2",
    "GitPython==3.2.1", "ftfy==6.3.1", "regex==2026.11.19", "yacs==0.1.8", "matplotlib==3.11.2",
    "pillow==13.0.0", "safetensors==0.8.0", "defusedxml==0.7.1",
]
PEERS = ["boxmot==25.0.0", "deep-sort-realtime==1.3.2", "norfair==2.3.0", "supervision==0.26.1",
         "trackeval==1.3.0", "torchvision==0.26.0"]


def python():
    return FOLDER / "venv/bin/python"


def project_packages():
    """site-packages of the project's environment, which has torch."""
    found = list((CACHE / "venv/lib").glob("python3.*/site-packages/torch"))
    if not found:
        sys.exit(f"{CACHE / 'venv'}: has no torch; run tests/run.sh once, it installs it")
    return found[0].parent


def ensure():
    """Installs what is missing (minutes, once) and runs the program again inside."""
    if pathlib.Path(sys.prefix).resolve() == (FOLDER / "venv").resolve():
        return
    stamp, wanted = FOLDER / "venv/installed", "\n".join(LIBRARIES + PEERS)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"== the peers from PyPI into {FOLDER / 'venv'} (minutes, once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / "venv"], check=True)
        packages = next((FOLDER / "venv/lib").glob("python3.*/site-packages"))
        (packages / "torch_of_the_project.pth").write_text(f"{project_packages()}\n")
        pip = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *LIBRARIES], check=True)
        subprocess.run([*pip, "--no-deps", *PEERS], check=True)
        stamp.write_text(wanted)
    os.execv(python(), [str(python()), *sys.argv])
