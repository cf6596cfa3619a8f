"""Milliseconds of the descriptors for one 4 s window on one thread: the ONNX file against PyTorch.

python tests/benchmarks/descriptors_cost.py [--runs 100]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import timbred
from timbred_training.descriptors_fit import STATISTICS_PATH, WINDOW_SECONDS, Statistics
from timbred_training.descriptors_frames import SAMPLE_RATE_HZ


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    runs = parser.parse_args().runs
    frames = int(WINDOW_SECONDS * SAMPLE_RATE_HZ)
    audio = np.random.default_rng(0).standard_normal((1, frames)).astype(np.float32)
    session, encoder = _session(), Statistics.read(STATISTICS_PATH).encoder()
    torch.set_num_threads(1)
    with torch.inference_mode():
        sides = {
            "onnxruntime": _milliseconds(lambda: session.run(None, {"audio": audio}), runs),
            "PyTorch": _milliseconds(lambda: encoder(torch.from_numpy(audio)), runs),
        }
    print(f"{'':12} {'p50 ms':>8} {'p99 ms':>8}   one {WINDOW_SECONDS:g} s window, one thread, {runs} runs")
    for name, taken in sides.items():
        print(f"{name:12} {np.percentile(taken, 50):8.2f} {np.percentile(taken, 99):8.2f}")
    print(f"ratio of the medians: {np.median(sides['PyTorch']) / np.median(sides['onnxruntime']):.2f}")


def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = Path(timbred.__file__).parent / "models" / "descriptors.onnx"
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _milliseconds(work: Callable[[], object], runs: int) -> list[float]:
    """CPU time of each run, so that other processes count for little."""
    for _ in range(5):
        work()
    taken = []
    for _ in range(runs):
        start = time.thread_time()
        work()
        taken.append(1000 * (time.thread_time() - start))
    return taken


if __name__ == "__main__":
    main()
