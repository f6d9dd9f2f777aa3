"""Objects in Google Cloud Storage: names, and what the client may raise."""

from dataclasses import dataclass

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from producer.sources.names import has_suffix, suffixes
from results.settings import Settings

STORAGE_OUT = (GoogleAPIError, GoogleAuthError, RequestException)
"""What the storage client raises when Cloud Storage refuses or does not answer."""

PATIENCE = DEFAULT_RETRY.with_timeout(8.0)
"""429, 5xx and resets are tried again this long inside the client, in seconds; then the loop around it waits,
which unlike the client's own sleep ends at once when countersign is stopped."""

MAX_NAME_BYTES = 1024
"""Longest object name in UTF-8 (https://cloud.google.com/storage/docs/objects#naming)."""


@dataclass(frozen=True, slots=True)
class ObjectFilter:
    """Which objects are documents."""

    suffixes: frozenset[str]
    not_under: str | None
    """Prefix that judged objects are moved to, None when they are not moved."""

    def wants(self, name: str) -> bool:
        """Whether an object of this name is a document that is still to be judged."""
        if self.not_under is not None and name.startswith(self.not_under):
            return False
        return has_suffix(name, self.suffixes)


def object_filter(settings: Settings) -> ObjectFilter:
    """The filter that the settings ask for."""
    moved_to = settings.after_judging_prefix if settings.after_judging == "move" else None
    return ObjectFilter(suffixes(settings.suffixes), moved_to)


def object_uri(bucket: str, name: str) -> str:
    """The URI of an object: its name stands in it as it is, with nothing escaped."""
    return f"gs://{bucket}/{name}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and name, or bucket and prefix, of a `gs://` URI."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    return bucket, name
