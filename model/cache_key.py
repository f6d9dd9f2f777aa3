"""Names for what is drawn once and kept: another name whenever it would be drawn otherwise."""

import hashlib
from pathlib import Path

import model.render


def cache_key(choices: object, *sources: str | Path) -> str:
    """A short name for drawn examples.

    Args:
        choices: What was asked for; its `repr` counts.
        sources: Code beside `model.render` that has a part in it.

    Returns:
        16 hexadecimal digits, others when the choices, rendering, its words or the sources change.
    """
    folder = Path(model.render.__file__).parent
    digest = hashlib.sha256(repr(choices).encode())
    for source in (*sorted(folder.glob("*.py")), *sorted(folder.glob("words/*.txt")), *map(Path, sources)):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
