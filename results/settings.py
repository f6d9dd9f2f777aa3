"""All settings: from the environment (`COUNTERSIGN_...`), from secret files, from command-line options."""

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
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


BROKERS = ("memory", "amqp", "amqps", "redis", "rediss", "redis+socket", "sentinel")
"""Schemes of brokers: Redis and RabbitMQ in every way Celery reaches them, and the one in a process."""


def _broker(url: str) -> str:
    """Refuses a broker that no worker could reach; the URL itself is not told, it may hold a password."""
    if url.partition(":")[0] not in BROKERS:
        raise ValueError("is no broker that countersign knows; write redis://HOST:6379/0")
    return url


PREFIX = "COUNTERSIGN_"

SECRETS_DIR = Path("/run/secrets")
"""Where secret files lie unless COUNTERSIGN_SECRETS_DIR says otherwise: where Docker mounts them."""


class Settings(BaseSettings):
    """Every setting; each field is the environment variable `COUNTERSIGN_` plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="COUNTERSIGN_", frozen=True, extra="ignore")

    # Where things are
    database_url: str = Field("sqlite:///countersign.db", description="SQLAlchemy URL of the ledger.")
    broker_url: Annotated[str, AfterValidator(_broker)] = Field(
        "memory://",
        description="Celery broker; `redis://host:6379/0` or `amqp://user:password@host//` for a deployment.",
    )
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

    # Sources
    suffixes: str = Field(
        ".jpg .jpeg .jpe .png .tif .tiff .bmp .gif .webp .pdf",
        description="Suffixes that are documents, in any case, set apart by spaces or commas.",
    )
    intake_batch: int = Field(1000, ge=1, le=10_000, description="Most arrivals in one commit.")
    list_interval_seconds: float = Field(
        60.0, ge=0, description="From the end of a bucket's listing to the next."
    )
    full_listing_seconds: float = Field(
        3600.0,
        ge=0,
        description="A listing is compared with the ledger object by object at least this often; "
        "in between only what changed in it.",
    )
    folder_stable_seconds: float = Field(
        2.0, ge=0, description="A watched file is taken when nothing has happened to it for this long."
    )
    folder_rescan_seconds: float = Field(
        120.0, gt=0, description="A watched folder is scanned anew this often, in case an event was missed."
    )
    folder_polling: bool = Field(
        False, description="Watch folders by looking instead of by events, as network mounts need."
    )
    folder_poll_seconds: float = Field(
        5.0, gt=0, description="How often a folder watched by looking is looked at."
    )
    subscription_max_messages: int = Field(
        2000, ge=1, description="Most Pub/Sub messages held by one process and not yet acknowledged."
    )

    # After judging
    after_judging: Literal["keep", "move", "delete"] = Field(
        "keep", description="What becomes of a bucket's object once it has a verdict."
    )
    after_judging_prefix: str = Field(
        "judged/", min_length=1, description="Where in the same bucket judged objects are moved to."
    )
    write_verdict: Literal["no", "metadata", "sidecar"] = Field(
        "no", description="Write the verdict to the object's metadata, or to a JSON object beside it."
    )
    tidy_interval_seconds: float = Field(
        10.0, gt=0, description="How often judged objects are looked for, to move, delete or write to them."
    )

    visibility_seconds: float = Field(
        3600.0, gt=0, description="How long Redis keeps a ring that a worker took and never acknowledged."
    )
    pool: Literal["auto", "prefork", "threads"] = Field(
        "auto", description="Celery pool of a worker; auto takes threads on a GPU and prefork otherwise."
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="How workers and producers write their log: lines for people, or one object a line.",
    )

    # Dispatch
    max_rings: int = Field(
        64,
        ge=1,
        description="Most rings on the queue; at least one for each worker process that should be busy.",
    )
    dispatch_seconds: float = Field(0.25, gt=0, description="How often the ledger is asked what is due.")

    # Life signs
    health_host: str = Field("127.0.0.1", description="Address that `/health` and `/metrics` are served on.")
    health_port: int = Field(
        0, ge=0, le=65535, description="Port of `/health` and `/metrics`; 0 serves neither."
    )
    stop_seconds: float = Field(8.0, gt=0, description="Longest a stopping producer finishes what it holds.")


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
        secrets_dir: Folder of secret files, each named like its variable in small letters, e.g.
            `countersign_database_url`; None is COUNTERSIGN_SECRETS_DIR or else `SECRETS_DIR`. A folder that
            is not there holds no secrets; where a variable is set as well, the variable counts.
        **overrides: Settings given on the command line; None means not given.

    Returns:
        The settings.

    Raises:
        WrongSettings: names every wrong variable at once, with what it must be.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    folder = secrets_dir or Path(os.environ.get("COUNTERSIGN_SECRETS_DIR", SECRETS_DIR))
    wrong, made = _misspelt(), None
    try:
        made = Settings(_secrets_dir=folder if folder.is_dir() else None, **given)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        wrong += [
            f"COUNTERSIGN_{'.'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
    if wrong or made is None:
        raise WrongSettings("; ".join(wrong))
    return made


def _misspelt() -> list[str]:
    """Variables that are no settings and are spelled nearly like one: what they say would pass unheard.

    Others are let be: Docker Compose has COUNTERSIGN_TAG, and another version may have settings of its own.
    """
    known = [name.upper() for name in (*Settings.model_fields, "secrets_dir")]
    set_here = (name.upper().removeprefix(PREFIX) for name in os.environ if name.upper().startswith(PREFIX))
    near = {name: get_close_matches(name, known, 1, 0.8) for name in set_here if name not in known}
    return [f"{PREFIX}{name}: no such setting; is it {PREFIX}{one[0]}?" for name, one in near.items() if one]
