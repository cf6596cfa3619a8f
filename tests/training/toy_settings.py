"""The settings of toy runs: seconds on one core."""

from timbred_training.settings import Settings

TOY = Settings(
    name="toy",
    data=(),
    steps=4,
    instruments=18,
    trios=3,
    mixtures=6,
    questions=14,
    single_columns=42,
    mixture_columns=96,
    widths=(16, 32),
    depths=(1, 1),
    dim=32,
    warmup_steps=5,
    ema_decay=0.9,
    threads=1,
)
