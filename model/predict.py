"""Answers prediction requests as TensorFlow Serving and Vertex AI do, from a local model.

Request and answer are those of TensorFlow Serving's REST API in row format:

    {"instances": [{"image_bytes": {"b64": "..."}}]}
    {"predictions": [{"p_signature": 0.98, "label": "signature"}]}
"""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model.errors import WrongRequest
from model.tensors import Network


def predict(request: Path, model_dir: Path | None = None) -> dict[str, Any]:
    """Answers the request in a file.

    Args:
        request: JSON file of `{"instances": [...]}`, and optionally `signature_name`.
        model_dir: SavedModel folder that `model.export` wrote; None is the classifier that ships.

    Returns:
        `{"predictions": [...]}`, one row an instance.

    Raises:
        WrongRequest: the file, the model or an instance is not what it should be.
    """
    try:
        body = json.loads(request.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongRequest(f"{request}: {error}") from None
    if not isinstance(body, dict):
        raise WrongRequest(f'{request} must hold an object, {{"instances": [...]}}')
    return answer(body, load(model_dir) if model_dir else _shipped())


def load(model_dir: Path) -> Mapping[str, Network]:
    """Loads a SavedModel's signatures.

    Args:
        model_dir: SavedModel folder.

    Returns:
        Signature name to callable.

    Raises:
        WrongRequest: there is no SavedModel.
    """
    import tensorflow as tf

    if not (model_dir / "saved_model.pb").exists():
        raise WrongRequest(
            f"{model_dir} holds no SavedModel; `countersign model train` exports one to JOB_DIR/model"
        )
    signatures: Mapping[str, Network] = tf.saved_model.load(str(model_dir)).signatures
    return signatures


def _shipped() -> Mapping[str, Network]:
    """The signatures of the classifier that ships, exported as training would export it."""
    import keras

    from model.export import export
    from model.recipes.classifier import p_signature
    from model.release import read_release

    network = keras.saving.load_model(read_release().file("classifier.keras"), compile=False)
    with TemporaryDirectory(prefix="countersign-") as folder:
        export(network, p_signature, Path(folder))
        return load(Path(folder))


def answer(body: Mapping[str, Any], signatures: Mapping[str, Network]) -> dict[str, Any]:
    """Answers one request.

    Args:
        body: The request.
        signatures: What `load` returns.

    Returns:
        `{"predictions": [...]}`.

    Raises:
        WrongRequest: an instance lacks an input, has one too many, or holds what cannot be decoded.
    """
    import tensorflow as tf

    instances = body.get("instances")
    if not isinstance(instances, list) or not instances:
        raise WrongRequest('"instances" must be a list of at least one instance')
    name = body.get("signature_name", "serving_default")
    if name not in signatures:
        raise WrongRequest(f"there is no signature {name!r}; there are {sorted(signatures)}")
    specs = signatures[name].structured_input_signature[1]
    columns = {key: [_value(row, key, len(specs) == 1) for row in instances] for key in specs}
    try:
        inputs = {key: tf.constant(values, specs[key].dtype) for key, values in columns.items()}
        outputs = signatures[name](**inputs)
    except (tf.errors.InvalidArgumentError, ValueError, TypeError) as error:
        raise WrongRequest(str(error).splitlines()[0]) from None
    rows: dict[str, list[object]] = {
        key: [_plain(item) for item in value.numpy().tolist()] for key, value in sorted(outputs.items())
    }
    if len(rows) == 1:
        return {"predictions": next(iter(rows.values()))}
    return {
        "predictions": [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    }


def _value(row: object, key: str, only: bool) -> object:
    """One input of one instance; with a single input its name may be left out."""
    value: object = row
    if isinstance(row, dict) and not (only and set(row) == {"b64"}):
        if set(row) != {key} and only:
            raise WrongRequest(f"an instance must have the input {key!r} and no other, and has {sorted(row)}")
        value = row.get(key)
    if isinstance(value, dict) and set(value) == {"b64"}:
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise WrongRequest(f"the b64 of {key!r} is not base64") from None
    return value


def _plain(value: object) -> object:
    """JSON has no bytes: text as text."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value
