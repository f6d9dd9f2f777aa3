"""Puts trained networks together as a release: both engines' files, a third the size they were trained at.

python -m model.assemble --proposer jobs/proposer/proposer.keras --refiner jobs/refiner/refiner.keras \
        --classifier jobs/classifier/model.keras --orientation jobs/orientation/orientation.keras \
        --data-dir data --version 2.0.0 [--calibration calibration.json]

Several files of one network, each trained on from another, are averaged: a network that goes on from another
learns what is new and forgets some of the old, and the mean of their weights keeps more of both (Wortsman et
al. 2022, "Model soups"). Needs `pip install nncf` (the extra `assemble`), which quantises them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model import proposer, scenes
from model.cells import cells
from model.classifier import as_input
from model.crops import normalise
from model.labels import labelled_crops
from model.orientation import tiles
from model.release import NETWORKS, ORIENTATION, WEIGHTS, Calibration, Release, write_release
from model.render.assets import Assets
from model.scene_examples import jittered
from model.tensors import Network
from model.train import trained_network

NAME: Final = "countersign"

UNCALIBRATED: Final = {
    "threshold": 0.5,
    "floor": 0.001,
    "calibration": asdict(Calibration(1.0, 0.2, 0.1, 0.0, 1.0, 0.0)),
    "metrics": {},
}
"""Of a draft."""

LAST_LAYERS: Final = [".*heat.*", ".*sides.*", ".*odds.*", ".*moves.*", ".*scores.*"]
"""Layers that stay in floating point."""

EVERY: Final = 5
"""One in so many training crops serves to take the classifier's ranges."""

MOVED: Final = 0.1
"""Spread of the sides of the regions from which the refiner's ranges are taken, in shares of their size."""


def assemble(
    networks: dict[str, Sequence[Path]],
    folder: Path,
    description: dict[str, Any],
    samples: dict[str, list[NDArray[Any]]],
) -> Release:
    """Writes a release.

    Args:
        networks: Name, of `model.release.NETWORKS` or ORIENTATION, to its Keras file, or several to average.
        folder: Where the release goes; what is there is replaced.
        description: See `model.release.write_release`.
        samples: Name of a network to inputs of its OpenVINO file, (1, ...) each, from which the ranges of its
            8-bit form are taken; a network without any stays in half precision.

    Returns:
        The release, read back and checked.

    Raises:
        WrongStart: a file is no trained network, or another one than the first.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, paths in networks.items():
        network = _mean(paths)
        network.set_weights([_rounded(weights) for weights in network.get_weights()])
        _write_keras(network, folder / f"{name}.keras")
        read_fastest = _of_cells(network) if name == "proposer" else network
        _write_openvino(read_fastest, folder / f"{name}.xml", samples.get(name, []))
    return write_release(folder, description)


def _mean(paths: Sequence[Path]) -> Network:
    """The network of some files, each of its weights the mean of theirs."""
    import keras

    mean = keras.models.load_model(paths[0], compile=False)
    every = [trained_network(str(path), mean).get_weights() for path in paths]
    mean.set_weights([np.mean(same, axis=0) for same in zip(*every, strict=True)])
    return mean


def _rounded(weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Kernels in bfloat16, in which they were trained, the rest in half precision.

    Both engines' files then hold the same numbers, and the Keras file packs well.
    """
    import ml_dtypes

    short = ml_dtypes.bfloat16 if weights.ndim > 1 else np.float16
    return weights.astype(short).astype(np.float32)


def _of_cells(network: Network) -> Network:
    from model.proposer_network import of_cells

    return of_cells(network)


def _write_keras(network: Network, path: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / path.name
        network.save(plain)
        with (
            zipfile.ZipFile(plain) as source,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out,
        ):
            for entry in source.infolist():
                out.writestr(entry.filename, source.read(entry))


def _write_openvino(network: Network, path: Path, samples: list[NDArray[Any]]) -> None:
    import openvino
    import tensorflow as tf

    inputs = network.inputs[0]
    shape = tf.TensorSpec((None, *inputs.shape[1:]), inputs.dtype)
    traced = tf.function(lambda rows: network(rows, training=False)).get_concrete_function(shape)
    converted = openvino.convert_model(traced)
    if samples:
        import nncf

        converted = nncf.quantize(
            converted,
            nncf.Dataset(samples),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(samples),
            ignored_scope=nncf.IgnoredScope(patterns=LAST_LAYERS, validate=False),
        )
    openvino.save_model(converted, path, compress_to_fp16=True)


def _training_samples(data_dir: Path) -> dict[str, list[NDArray[Any]]]:
    """What real training data give: canvases of pages, tiles, scenes about their signatures, and crops."""
    random = np.random.default_rng(0)
    canvases, turned, seen = [], [], []
    for real in Assets.load(data_dir / "train").pages:
        page = proposer.upright_ink(real.image)
        ink = proposer.canvas(page).ink
        canvases.append(cells(ink[np.newaxis, ..., np.newaxis]))
        turned += [np.rot90(tile, turns)[np.newaxis] for turns, tile in enumerate(tiles(ink)[:4])]
        boxes = np.repeat(real.signatures.astype(np.float64), 2, axis=0)
        seen += [scenes.scene(page, box)[np.newaxis] for box in jittered(boxes, random, MOVED)]
    crops = [
        as_input([normalise(np.asarray(cv2.imread(str(crop.path), cv2.IMREAD_GRAYSCALE), np.uint8))])
        for crop in labelled_crops(data_dir, "train")[::EVERY]
    ]
    return {"proposer": canvases, "refiner": seen, "classifier": crops, ORIENTATION: turned}


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in NETWORKS:
        options.add_argument(
            f"--{name}",
            type=Path,
            nargs="+",
            required=True,
            help=f"Keras file of the {name}; several are averaged",
        )
    options.add_argument(
        f"--{ORIENTATION}",
        type=Path,
        nargs="+",
        help="Keras file of the orientation network; without it pages are judged as they were scanned",
    )
    options.add_argument("--data-dir", type=Path, required=True, help="folder of pages.json and real pages")
    options.add_argument(
        "--calibration",
        type=Path,
        help="JSON of model.calibrate; without it, a draft whose scores mean nothing yet",
    )
    options.add_argument("--version", required=True)
    options.add_argument("--out", type=Path, default=WEIGHTS, help="where the release's folder goes")
    given = options.parse_args()
    scores = json.loads(given.calibration.read_text("utf-8")) if given.calibration else UNCALIBRATED
    description = {"name": NAME, "version": given.version, **scores}
    networks = {name: vars(given)[name] for name in (*NETWORKS, ORIENTATION) if vars(given)[name]}
    folder = given.out / f"{NAME}-{given.version}"
    release = assemble(networks, folder, description, _training_samples(given.data_dir))
    print(f"{release.folder}: {sum(path.stat().st_size for path in release.folder.iterdir()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
