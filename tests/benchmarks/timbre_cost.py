"""What one window costs: the shipped timbre model against an Audio Spectrogram Transformer of base size.

Both run on one thread in one run, in turns, so that the ratio holds on a busy machine too. The transformer
has the paper's size (86 M parameters, random weights) and is given mel levels of as many seconds, without its
front end.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import ASTConfig, ASTModel

from timbred_training.onnx_encoder import OnnxEncoder

MODEL = Path(__file__).parents[2] / "daemon" / "timbred" / "models" / "timbre.onnx"
AST_COLUMNS_A_SECOND = 100


def milliseconds(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    started = time.process_time()
    work()
    return 1000 * (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=MODEL)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--turns", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    encoder = OnnxEncoder(arguments.model)
    audio = np.random.default_rng(0).normal(0, 0.1, int(arguments.seconds * encoder.sample_rate))
    columns = int(arguments.seconds * AST_COLUMNS_A_SECOND)
    transformer = ASTModel(ASTConfig(max_length=columns)).train(False)
    levels = torch.randn(1, columns, 128)
    rows: dict[str, list[float]] = {"timbre": [], "AST-base": []}
    with torch.no_grad():
        for _ in range(arguments.turns + 1):
            rows["timbre"].append(milliseconds(lambda: encoder(audio.astype(np.float32))))
            rows["AST-base"].append(milliseconds(lambda: transformer(levels)))
    medians = {name: float(np.median(times[1:])) for name, times in rows.items()}
    print(f"one {arguments.seconds:g} s window, one thread, median of {arguments.turns}")
    for name, median in medians.items():
        print(f"  {name:10s} {median:8.1f} ms   1/{medians['AST-base'] / median:.0f} of AST-base")


if __name__ == "__main__":
    main()
