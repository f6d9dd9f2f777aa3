"""Moving, deleting and writing to judged objects, guarded by generation."""

import json
import logging
from dataclasses import asdict

from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed
from google.cloud import storage
from google.cloud.storage.blob import Blob

from producer.patience import first_line
from producer.sources.objects import MAX_NAME_BYTES, PATIENCE, STORAGE_OUT, split_uri
from results.errors import SourceUnavailable
from results.settings import Settings
from results.tidied import WRITTEN, JudgedObject

log = logging.getLogger(__name__)

SIDECAR = ".countersign.json"
"""Appended to an object's name; no document ends so."""


class _TooLong(Exception):
    """The name that a copy or a sidecar would need is longer than Cloud Storage takes."""


class ObjectTidier:
    """Deals with one judged object at a time, as the settings say.

    Every request names the generation that was judged, so that an object replaced meanwhile is never touched:
    the newer generation is a document of its own and has its own turn.
    """

    def __init__(self, settings: Settings) -> None:
        """Connects to Cloud Storage at the first object.

        Args:
            settings: `after_judging`, `after_judging_prefix`, `write_verdict`.
        """
        self._settings = settings
        self._client: storage.Client | None = None

    def tidy(self, judged: JudgedObject) -> str:
        """Writes the verdict and then moves or deletes the object.

        Doing it again, after a crash in between, changes nothing.

        Args:
            judged: The document.

        Returns:
            What was done: `written`, `moved`, `deleted`; `gone` when the object is no longer there in this
            generation; `refused` when Cloud Storage forbids it, e.g. for an object under retention, or
            where the new name is too long.

        Raises:
            SourceUnavailable: Cloud Storage does not answer.
        """
        try:
            return self._tidy(judged)
        except (NotFound, PreconditionFailed):
            return "gone"
        except (Forbidden, _TooLong) as error:
            log.warning("%s: left as it is, Cloud Storage refuses (%s)", judged.uri, first_line(error))
            return "refused"
        except STORAGE_OUT as error:
            raise SourceUnavailable(f"{judged.uri}: {first_line(error)}") from None

    def _tidy(self, judged: JudgedObject) -> str:
        self._client = self._client or storage.Client()
        bucket_name, name = split_uri(judged.uri)
        bucket = self._client.bucket(bucket_name)
        generation = int(judged.generation)
        source = bucket.blob(name, generation=generation)
        source.reload(if_generation_match=generation, projection="noAcl", retry=PATIENCE)
        action = self._settings.after_judging
        if self._settings.write_verdict == "metadata" and action != "delete":
            self._write_metadata(bucket.blob(name), judged)
        place = self._move(bucket, source) if action == "move" else name
        if self._settings.write_verdict == "sidecar":
            text = verdict_json(judged)
            bucket.blob(_fitting(place + SIDECAR)).upload_from_string(
                text, content_type="application/json", retry=PATIENCE
            )
        if action in ("move", "delete"):
            bucket.blob(name).delete(if_generation_match=generation, retry=PATIENCE)
        return {"keep": WRITTEN, "move": "moved", "delete": "deleted"}[action]

    def _write_metadata(self, blob: Blob, judged: JudgedObject) -> None:
        """Adds the verdict to the object's own metadata, whose other entries stay."""
        blob.metadata = verdict_metadata(judged)
        blob.patch(if_generation_match=int(judged.generation), retry=PATIENCE)

    def _move(self, bucket: storage.Bucket, source: Blob) -> str:
        """Copies an object to where judged ones go, never over another document; returns the copy's name.

        A scanner that uses names again must not lose yesterday's `scan1.pdf`: where the plain name is taken
        by other content, the generation becomes part of it.
        """
        name = str(source.name)
        plain = _fitting(self._settings.after_judging_prefix + name)
        if _copied(source, bucket.blob(plain), if_generation_match=0):
            return plain
        taken = bucket.get_blob(plain, retry=PATIENCE)
        if taken is not None and (taken.size, taken.crc32c) == (source.size, source.crc32c):
            return plain  # copied already, and then something broke off
        own = _fitting(f"{self._settings.after_judging_prefix}{source.generation}/{name}")
        _copied(source, bucket.blob(own))
        return own


def _fitting(name: str) -> str:
    """The name, if an object may have it."""
    length = len(name.encode())
    if length > MAX_NAME_BYTES:
        raise _TooLong(f"the new name would have {length} bytes, more than {MAX_NAME_BYTES}")
    return name


def _copied(source: Blob, target: Blob, if_generation_match: int | None = None) -> bool:
    """Copies inside Cloud Storage; False when the target exists and must not."""
    token = None
    while True:
        try:
            token, _, _ = target.rewrite(
                source,
                token=token,
                if_generation_match=if_generation_match,
                if_source_generation_match=source.generation,
                retry=PATIENCE,
            )
        except PreconditionFailed:
            if if_generation_match is None:
                raise
            return False
        if token is None:
            return True


def verdict_metadata(judged: JudgedObject) -> dict[str, str]:
    """The verdict as object metadata: text to text."""
    return {
        "countersign-has-signature": str(judged.has_signature).lower(),
        "countersign-signature-count": str(judged.signature_count),
        "countersign-confidence": f"{judged.confidence:.4f}",
        "countersign-model-version": judged.model_version,
        "countersign-decided-at": judged.decided_at.isoformat(),
    }


def verdict_json(judged: JudgedObject) -> str:
    """What a sidecar holds: the verdict as `document_flags` shows it."""
    fields = asdict(judged)
    fields.pop("document_id")
    fields["decided_at"] = judged.decided_at.isoformat()
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"
