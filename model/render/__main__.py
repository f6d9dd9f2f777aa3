"""``python -m model.render``: a data set, the sample documents, or the contact sheet."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from model.render.assets import Assets
from model.render.dataset import render_dataset
from model.render.samples import render_samples
from model.render.sheet import render_sheet


def main() -> None:
    """Read the options and render what they ask for."""
    parser = argparse.ArgumentParser(prog="python -m model.render", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write a data set of shards here")
    parser.add_argument("--pages", type=int, default=2560, help="pages of the data set (default %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="everything follows from it (default %(default)s)"
    )
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="side by side (default %(default)s)"
    )
    parser.add_argument(
        "--train-dir", type=Path, metavar="DIR", help="real crops and pages to draw with (data/train)"
    )
    parser.add_argument("--samples", type=Path, metavar="DIR", help="write the sample documents here")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="write the contact sheet here")
    options = parser.parse_args()
    if not (options.out or options.samples or options.sheet):
        parser.error("nothing to do: give --out, --samples or --sheet")
    if options.out:
        render_dataset(
            options.out, options.pages, options.seed, options.processes, train_dir=options.train_dir
        )
    if options.samples:
        render_samples(options.samples, Assets.load())
    if options.sheet:
        render_sheet(options.sheet, Assets.load(), seed=options.seed)


if __name__ == "__main__":
    main()
