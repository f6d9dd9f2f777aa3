"""The exported classifier sees what the Python one sees, and answers as TensorFlow Serving does."""

import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.crops import normalise
from model.errors import WrongRequest
from model.predict import answer, load, predict
from model.render.assets import Assets
from model.render.crops import render_crop
from model.tensors import Function

tf = pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def crops(assets: Assets) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(8)
    return [
        render_crop(random, assets, label) for label in ("signature", "text", "handwriting") for _ in range(6)
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from model.export import export
    from model.recipes import classifier

    folder = tmp_path_factory.mktemp("exported")
    export(classifier.network(), classifier.p_signature, folder)
    return folder


@pytest.fixture(scope="module")
def signatures(exported: Path) -> Mapping[str, Function]:
    return load(exported)


def _encoded(crop: NDArray[np.uint8], kind: str = "PNG", mode: str = "L") -> str:
    buffer = io.BytesIO()
    Image.fromarray(crop).convert(mode).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def test_tensorflow_normalises_as_python_does(crops: list[NDArray[np.uint8]]) -> None:
    from model import serving

    odd = [np.full((30, 80), 255, np.uint8), np.zeros((1, 1), np.uint8), np.tile(crops[0], (3, 3))]
    for crop in [*crops, *odd]:
        ours = normalise(crop).astype(float)
        theirs = serving.normalise(tf.constant(crop, tf.float32)).numpy() * 255
        assert np.abs(ours - theirs).mean() < 0.1
        assert np.abs(ours - theirs).max() <= 8


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "L"), ("PNG", "RGBA"), ("PNG", "1"), ("BMP", "L"), ("GIF", "L")]
)
def test_encoded_crops_get_the_scores_of_their_pixels(
    crops: list[NDArray[np.uint8]], signatures: Mapping[str, Function], kind: str, mode: str
) -> None:
    pixels = [np.asarray(Image.fromarray(crop).convert(mode).convert("L")) for crop in crops]
    ink = np.stack([normalise(crop) for crop in pixels])[..., np.newaxis] / np.float32(255)
    wanted = signatures["ink"](ink=tf.constant(ink))["p_signature"].numpy()

    body = {"instances": [{"image_bytes": {"b64": _encoded(crop, kind, mode)}} for crop in crops]}
    rows = answer(body, signatures)["predictions"]

    assert [set(row) for row in rows] == [{"p_signature", "label"}] * len(crops)
    assert np.allclose([row["p_signature"] for row in rows], wanted, atol=0.02)


def test_what_is_transparent_is_paper(signatures: Mapping[str, Function]) -> None:
    drawing = Image.new("RGBA", (120, 60), (0, 0, 0, 0))
    buffer = io.BytesIO()
    drawing.save(buffer, "PNG")
    white = _encoded(np.full((60, 120), 255, np.uint8))
    clear = base64.b64encode(buffer.getvalue()).decode()

    rows = answer({"instances": [{"b64": clear}, {"b64": white}]}, signatures)["predictions"]

    assert rows[0] == rows[1]


def test_answers_a_request_file(crops: list[NDArray[np.uint8]], exported: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"instances": [{"image_bytes": {"b64": _encoded(crops[0], "JPEG")}}]}))

    answered = predict(request, exported)

    assert list(answered) == ["predictions"]
    assert answered["predictions"][0]["label"] in ("signature", "other")
    json.dumps(answered)


def test_the_classifier_that_ships_answers(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "samples" / "signature.png"
    request = tmp_path / "request.json"
    encoded = base64.b64encode(sample.read_bytes()).decode()
    request.write_text(json.dumps({"instances": [{"image_bytes": {"b64": encoded}}]}))

    assert predict(request)["predictions"][0]["label"] == "signature"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "instances"),
        ({"instances": []}, "instances"),
        ({"instances": [{"image": {"b64": ""}}]}, "must have the input 'image_bytes'"),
        ({"instances": [{"image_bytes": {"b64": "%%%"}}]}, "not base64"),
        ({"instances": [{"image_bytes": {"b64": "bm8gaW1hZ2U="}}]}, r"\w"),
        ({"instances": [{"image_bytes": 7}]}, r"\w"),
        ({"instances": [{"b64": ""}], "signature_name": "none"}, "no signature 'none'"),
    ],
)
def test_a_wrong_request_is_named(
    body: dict[str, Any], wrong: str, signatures: Mapping[str, Function]
) -> None:
    with pytest.raises(WrongRequest, match=wrong):
        answer(body, signatures)


def test_a_wrong_file_or_model_is_named(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no json")
    (tmp_path / "list").write_text("[]")
    (tmp_path / "fine").write_text('{"instances": [{"b64": ""}]}')
    for name in ("missing", "text", "list"):
        with pytest.raises(WrongRequest):
            predict(tmp_path / name, exported)
    with pytest.raises(WrongRequest, match="no SavedModel"):
        predict(tmp_path / "fine", tmp_path)
