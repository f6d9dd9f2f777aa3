"""`countersign --version`: code, schema and model release."""

from importlib.metadata import version

import typer

from cli.screen import out


def print_version(asked: bool) -> None:
    """Prints the versions and ends, if it was asked for.

    Args:
        asked: Whether `--version` was given.
    """
    if not asked:
        return
    from results.schema import REVISIONS

    out.print(f"countersign {version('countersign')}", markup=False)
    out.print(f"schema {REVISIONS[-1]}", markup=False)
    out.print(f"model {_release()}", markup=False)
    raise typer.Exit


def _release() -> str:
    """Name and version of the model release that would judge."""
    from model.release import read_release
    from results.settings import read_settings

    release = read_release(read_settings().release_path)
    return f"{release.name} {release.version}"
