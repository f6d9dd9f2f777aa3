"""How often the flag is right on rendered pages, by kind: forms, cheques, invoices, which no labels cover.

    python -m benchmarks.kinds [--pages 1500] [--long-side 1000] [--release DIR_OR_GS] [--quick]

The pages are rendered from a seed that no network learnt from, with the fonts of this machine. They are drawn
as those that the networks learnt from were, and are harder than most that people scan: what counts is whether
one kind of page, or small scans, are judged worse than the others.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import figures as bench
from model.detector import Detector
from model.render.dataset import read_shard, render_dataset

SEED = 2001
PAGES = 1500
QUICK = 100
LONG_SIDE = 1000

Judged = Sequence[tuple[bool, bool]]
"""Of each page, whether it is signed, and whether it was flagged."""


def main() -> None:
    """Command line."""
    options = bench.parser(__doc__.splitlines()[0])
    options.add_argument("--pages", type=int, default=PAGES, help="pages to render")
    options.add_argument("--long-side", type=int, default=LONG_SIDE, help="of each page, in pixels")
    options.add_argument(
        "--release", help="folder or gs:// prefix of a model release; the shipped one if not given"
    )
    given = options.parse_args()
    detector = Detector.load(given.release)
    count = QUICK if given.quick else given.pages
    judged: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
    with bench.scratch() as folder:
        shards = render_dataset(folder, count, SEED, os.cpu_count() or 1, long_side=given.long_side)
        for page in (page for shard in shards for page in read_shard(shard)):
            (found,) = detector.detect([page.image])
            flagged = any(region.score >= detector.release.threshold for region in found)
            for kind in (page.kind, "all"):
                judged[kind].append((len(page.signatures) > 0, flagged))
    bench.report(_figures(judged))


def _figures(judged: Mapping[str, Judged]) -> dict[str, float | None]:
    """Share of signed pages found and of unsigned ones flagged, by kind; prints them as a table."""
    table = Table("kind", "signed", "found", "unsigned", "flagged")
    figures: dict[str, float | None] = {}
    for kind in [*sorted(judged.keys() - {"all"}), "all"]:
        flags = {
            signed: [flag for is_signed, flag in judged[kind] if is_signed == signed]
            for signed in (True, False)
        }
        found, flagged = (round(float(np.mean(some)), 3) if some else None for some in flags.values())
        table.add_row(kind, str(len(flags[True])), _shown(found), str(len(flags[False])), _shown(flagged))
        name = kind.replace(" ", "_")
        figures |= {f"{name}_signed_found": found, f"{name}_unsigned_flagged": flagged}
    Console(stderr=True).print(table)
    return figures


def _shown(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


if __name__ == "__main__":
    main()
