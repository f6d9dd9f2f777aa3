"""All settings, read from the environment (`COUNTERSIGN_...`), from secret files and from command-line options."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from results.errors import WrongSettings

DocumentFormat = Literal["jpeg", "png", "tiff", "bmp", "gif", "webp", "pdf"]


def _names(value: object) -> object:
    """Splits `jpeg, pdf` as the environment has it."""
    return (
        [name.strip().lower() for name in value.split(",") if name.strip()]
        if isinstance(value, str)
        else value
    )


class Settings(BaseSettings):
    """Every setting; each field is the environment variable `COUNTERSIGN_` plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="COUNTERSIGN_", frozen=True, extra="ignore")

    # Where things are
    database_url: str = Field("sqlite:///countersign.db", description="SQLAlchemy URL of the ledger.")
    broker_url: str = Field("memory://", description="Celery broker; `redis://host:6379/0` for a deployment.")
    release_path: str | None = Field(
        None, description="Folder or `gs://` prefix of the model release to use instead of the shipped one."
    )
    engine: Literal["auto", "openvino", "tensorflow"] = Field(
        "auto", description="What runs the networks; auto takes tensorflow on a GPU and openvino otherwise."
    )

    # Batches and rings
    max_batch: int = Field(32, ge=1, description="Most documents in one claim.")
    max_batch_bytes: int = Field(256 * 2**20, ge=1, description="Most bytes of documents in one claim.")
    max_wait_seconds: float = Field(0.5, ge=0, description="Longest a document waits for its batch to fill.")

    # Leases and attempts
    lease_seconds: float = Field(120.0, gt=0, description="How long a claim holds before it is due again.")
    max_attempts: int = Field(3, ge=1, description="Attempts before a document is failed for good.")
    retry_seconds: float = Field(5.0, ge=0, description="First back-off; doubles with every attempt.")

    # Limits of one document
    max_document_bytes: int = Field(512 * 2**20, ge=1, description="Larger files fail as too_many_bytes.")
    max_document_pages: int = Field(5000, ge=1, description="Longer documents fail as too_many_pages.")
    max_page_pixels: int = Field(200_000_000, ge=1, description="Larger pages fail as too_many_pixels.")
    max_document_seconds: float = Field(300.0, gt=0, description="Slower documents fail as too_slow.")
    formats: Annotated[frozenset[DocumentFormat], NoDecode, BeforeValidator(_names)] = Field(
        frozenset(get_args(DocumentFormat)), description="Formats that are judged, separated by commas."
    )
    decoder_memory_bytes: int = Field(
        2 * 2**30, ge=256 * 2**20, description="Memory of one decoder; documents that need more fail."
    )

    # Workers
    decode_threads: int = Field(
        0, ge=0, description="Threads that fetch, each with a decoder; 0 is one for each core of the process."
    )
    reuse_verdicts: bool = Field(
        False, description="Copy the verdict of a document with the same content instead of judging it again."
    )
    ring_seconds: float = Field(10.0, ge=0, description="How long one ring may go on claiming full batches.")
    batch_seconds: float = Field(
        3600.0, gt=0, description="Longest a batch may take before its worker is given up as stuck."
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        WrongSettings: names every wrong variable at once, with what it must be.
    """
    return read_settings()


def read_settings(secrets_dir: Path | None = None, **overrides: object) -> Settings:
    """Reads settings anew.

    Args:
        secrets_dir: Folder of secret files, one file a setting.
        **overrides: Settings given on the command line; None means not given.

    Returns:
        The settings.

    Raises:
        WrongSettings: names every wrong variable at once, with what it must be.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(_secrets_dir=secrets_dir, **given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"COUNTERSIGN_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise WrongSettings("; ".join(lines)) from None
