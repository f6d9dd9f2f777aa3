"""docker-compose.yml as Docker Compose reads it: variables filled in, one value for each service."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"

VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """One service as it would be started."""

    name: str
    definition: Mapping[str, Any]
    variables: Mapping[str, str]
    """What the shell and the env file set."""

    @property
    def command(self) -> list[str]:
        """The words after the entry point."""
        return _words(self.definition.get("command", []))

    @property
    def entrypoint(self) -> list[str]:
        """The program and its first words, where the service says so itself."""
        return _words(self.definition.get("entrypoint", []))

    @property
    def environment(self) -> dict[str, str]:
        """What is set in the container: a name without a value is passed on, where it has one."""
        given = self.definition.get("environment", {})
        passed_on = {name: self.variables.get(name) for name, value in given.items() if value is None}
        return {name: value for name, value in {**given, **passed_on}.items() if value is not None}

    @property
    def mounts(self) -> dict[str, str]:
        """Where a path of this machine, or a volume, is seen: source to target."""
        pairs = (volume.split(":")[:2] for volume in self.definition.get("volumes", []))
        return {source: target for source, target in pairs}  # noqa: C416  (pairs of unknown length)

    @property
    def secrets(self) -> list[str]:
        """Secret files it may read in /run/secrets."""
        return list(self.definition.get("secrets", []))

    @property
    def profiles(self) -> list[str]:
        """Profiles it belongs to; without one it is always started."""
        return list(self.definition.get("profiles", []))


def read(variables: Mapping[str, str] | None = None) -> dict[str, Service]:
    """Reads the services.

    Args:
        variables: What the shell and the env file set; nothing by default.

    Returns:
        Name to service.
    """
    whole = document(variables)
    return {
        name: Service(name, definition, variables or {}) for name, definition in whole["services"].items()
    }


def document(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file with variables filled in."""
    found: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text()), variables or {})
    return found


def env_file(path: Path) -> dict[str, str]:
    """The variables of an env file."""
    lines = (line.partition("=") for line in path.read_text().splitlines())
    return {name: value for name, equals, value in lines if equals and not name.startswith("#")}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:  # noqa: ANN401  (YAML)
    if isinstance(value, str):
        return VARIABLE.sub(
            lambda found: (variables.get(found[1]) or found[2] or "") if found[1] else "$", value
        )
    if isinstance(value, dict):
        return {name: _filled(item, variables) for name, item in value.items()}
    return [_filled(item, variables) for item in value] if isinstance(value, list) else value


def _words(given: str | list[str]) -> list[str]:
    return shlex.split(given) if isinstance(given, str) else given
