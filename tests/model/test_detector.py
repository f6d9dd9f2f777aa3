"""The shipped release behind the model's face."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.classifier import Classifier
from model.detector import Detector
from model.engine import choose_engine
from model.errors import WrongRelease
from model.release import DESCRIPTION, read_release
from model.render import ink
from model.render.assets import Assets
from model.render.crops import render_crop
from model.render.figures import figure
from model.render.kinematics import Pen, written
from model.render.pages import RenderedPage, render_page
from model.values import Signature

PAGES = 16


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load(engine="openvino", threads=1)


@pytest.fixture(scope="module")
def pages(assets: Assets) -> list[RenderedPage]:
    """Letters, half of them signed."""
    return [
        render_page(np.random.default_rng([7, i]), assets, kind="letter", signed=i % 2 == 0)
        for i in range(PAGES)
    ]


def _confidence(found: list[Signature]) -> float:
    return max((signature.score for signature in found), default=0.0)


def test_signed_letters_score_above_unsigned_ones(detector: Detector, pages: list[RenderedPage]) -> None:
    found = detector.detect([page.image for page in pages])
    flags = [_confidence(signatures) >= detector.release.threshold for signatures in found]
    right = [flag == bool(len(page.signatures)) for flag, page in zip(flags, pages, strict=True)]
    assert sum(right) >= PAGES - 3


def test_what_it_finds_is_in_order_and_on_the_page(detector: Detector, pages: list[RenderedPage]) -> None:
    for signatures in detector.detect([page.image for page in pages]):
        scores = [signature.score for signature in signatures]
        assert scores == sorted(scores, reverse=True)
        assert all(detector.release.floor <= score <= 1 for score in scores)
        for signature in signatures:
            box = signature.box
            assert 0 <= box.x0 < box.x1 <= 1
            assert 0 <= box.y0 < box.y1 <= 1


def test_a_page_is_judged_the_same_alone_and_among_others(
    detector: Detector, pages: list[RenderedPage]
) -> None:
    images = [page.image for page in pages[:4]]
    assert detector.detect(images) == [detector.detect([image])[0] for image in images]


def test_white_on_black_is_judged_as_black_on_white(detector: Detector, pages: list[RenderedPage]) -> None:
    image = next(page.image for page in pages if len(page.signatures) and np.median(page.image) > 200)
    assert detector.detect([255 - image]) == detector.detect([image])


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 4000), (4000, 1), (17, 3000), (64, 64), (5000, 3500)])
@pytest.mark.parametrize("tone", [0, 128, 255])
def test_a_blank_page_of_any_shape_has_no_signature(
    detector: Detector, shape: tuple[int, int], tone: int
) -> None:
    (found,) = detector.detect([np.full(shape, tone, np.uint8)])
    assert _confidence(found) < detector.release.threshold


def test_noise_is_no_signature(detector: Detector) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1100, 850), dtype=np.uint8)
    (found,) = detector.detect([noise])
    assert _confidence(found) < detector.release.threshold


def test_what_is_no_page_is_refused(detector: Detector) -> None:
    with pytest.raises(ValueError, match="uint8"):
        detector.detect([np.zeros((10, 10, 3), np.uint8)])
    assert detector.detect([]) == []


def test_a_single_crop_is_classified_as_such(detector: Detector, assets: Assets) -> None:
    rng = np.random.default_rng(3)
    crops = {label: [render_crop(rng, assets, label) for _ in range(20)] for label in ("signature", "text")}
    flagged = {
        label: np.mean(
            [_confidence(found) >= detector.release.threshold for found in detector.detect(images)]
        )
        for label, images in crops.items()
    }
    assert flagged["signature"] > 0.6
    assert flagged["text"] < 0.2


def test_loops_waves_and_knots_sign_as_names_do(detector: Detector) -> None:
    pages = []
    for seed in range(20):
        rng = np.random.default_rng([7, seed])
        mask = written(figure(rng), rng, Pen(width=3, thinning=0.2, darkness=0.9, dryness=0), x_height=9)
        page = np.full((mask.shape[0] + 60, mask.shape[1] + 60), 240, np.uint8)
        ink.paste(page, mask, 30, 30, 0.85)
        pages.append(page)
    flags = [_confidence(found) >= detector.release.threshold for found in detector.detect(pages)]
    assert sum(flags) >= 18


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_crop_is_judged_the_same_alone_and_in_batches_of_any_size(assets: Assets, threads: int) -> None:
    rng = np.random.default_rng(4)
    crops = [render_crop(rng, assets, "signature") for _ in range(21)]
    network = choose_engine("openvino", threads).load(read_release().folder, "classifier")
    classifier = Classifier(network)
    alone = np.concatenate([classifier.scores([crop]) for crop in crops])
    for count in (1, 7, 8, 9, 16, 21):
        assert np.allclose(classifier.scores(crops[:count]), alone[:count], atol=1e-5)


def test_both_engines_agree(detector: Detector, pages: list[RenderedPage]) -> None:
    images = [page.image for page in pages]
    other = Detector.load(engine="tensorflow", threads=1).detect(images)
    confidences = np.array(
        [[_confidence(a), _confidence(b)] for a, b in zip(detector.detect(images), other, strict=True)]
    )
    # The proposer runs in 8-bit integers in OpenVINO and in float32 in TensorFlow.
    assert np.abs(confidences[:, 0] - confidences[:, 1]).mean() < 0.05


def test_the_cpu_engine_never_imports_tensorflow() -> None:
    code = (
        "import sys, numpy; from model.detector import Detector;"
        "Detector.load(engine='openvino').detect([numpy.full((900, 700), 255, 'uint8')]);"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_shipped_release_is_whole_and_small() -> None:
    release = read_release()
    assert sum(path.stat().st_size for path in release.folder.iterdir()) <= 10e6
    assert 0 < release.floor < release.threshold < 1
    assert release.metrics


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A release that may be broken."""
    folder = tmp_path / "release"
    shutil.copytree(read_release().folder, folder)
    return folder


def test_a_release_runs_from_any_folder(copy: Path, detector: Detector, pages: list[RenderedPage]) -> None:
    other = Detector.load(copy, engine="openvino", threads=1)
    assert other.release == detector.release
    assert other.detect([pages[0].image]) == detector.detect([pages[0].image])


def test_a_changed_file_is_refused(copy: Path) -> None:
    weights = copy / "proposer.bin"
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.write_bytes(content)
    with pytest.raises(WrongRelease, match=r"proposer\.bin"):
        Detector.load(copy)


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "classifier.xml").unlink()
    with pytest.raises(WrongRelease, match=r"classifier\.xml is missing"):
        Detector.load(copy)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 99}', "\x00"])
def test_a_damaged_description_is_refused(copy: Path, text: str) -> None:
    (copy / DESCRIPTION).write_text(text, "utf-8")
    with pytest.raises(WrongRelease):
        Detector.load(copy)


def test_a_misstated_description_is_refused(copy: Path) -> None:
    path = copy / DESCRIPTION
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "threshold": "high"}), "utf-8")
    with pytest.raises(WrongRelease, match="high"):
        Detector.load(copy)


def test_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongRelease, match="nowhere"):
        Detector.load(tmp_path / "nowhere")
