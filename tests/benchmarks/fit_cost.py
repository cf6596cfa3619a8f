"""What a window costs the fit model's two encoders beside the timbre model, one thread.

python tests/benchmarks/fit_cost.py [FOLDER]    # of fit.context.onnx and fit.sample.onnx
"""

import sys
import time
from pathlib import Path

import numpy as np

from timbred.encoder import Encoder
from timbred.models import SHIPPED_FOLDER

ROUNDS = 20


def milliseconds(encoder: Encoder, seconds: float) -> float:
    """The median time of one answer to so many seconds of noise."""
    audio = np.random.default_rng(0).standard_normal(round(seconds * encoder.sample_rate)).astype(np.float32)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        encoder.embed_with_roles(audio)
        taken.append(1000.0 * (time.perf_counter() - began))
    return float(np.median(taken))


def main() -> None:
    """Prints the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED_FOLDER
    files = (SHIPPED_FOLDER / "timbre.onnx", folder / "fit.context.onnx", folder / "fit.sample.onnx")
    for file in files:
        encoder = Encoder.load(file)
        seconds = encoder.window_seconds
        print(f"{encoder.space:<12} {seconds:.0f} s window  {milliseconds(encoder, seconds):6.1f} ms")


if __name__ == "__main__":
    main()
