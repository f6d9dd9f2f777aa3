"""Folders that may be local or in Google Cloud Storage: fetched before work, uploaded after it."""

from pathlib import Path

from model.errors import ModelError

SCHEME = "gs://"


class StorageFailed(ModelError):
    """The bucket cannot be used; check its name and your credentials."""


def is_remote(place: str) -> bool:
    """Whether a folder is in a bucket (`gs://bucket/prefix`) rather than local."""
    return place.startswith(SCHEME)


def fetch_folder(place: str, into: Path) -> Path:
    """Makes a folder available on the local disk.

    Args:
        place: A local folder, returned as it is, or `gs://bucket/prefix`, downloaded.
        into: Where a remote folder is downloaded to.

    Returns:
        The local folder.

    Raises:
        StorageFailed: the bucket is not there or does not answer.
    """
    if not is_remote(place):
        return Path(place)
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage import Client, transfer_manager

    bucket_name, prefix = _split(place)
    into.mkdir(parents=True, exist_ok=True)
    try:
        bucket = Client().bucket(bucket_name)
        names = [blob.name.removeprefix(prefix) for blob in bucket.list_blobs(prefix=prefix)]
        results = transfer_manager.download_many_to_path(
            bucket,
            [name for name in names if name and not name.endswith("/")],
            destination_directory=str(into),
            blob_name_prefix=prefix,
            worker_type=transfer_manager.THREAD,
        )
    except (GoogleAPIError, GoogleAuthError) as error:
        raise StorageFailed(f"{place}: {error}") from None
    _raise_first(place, results)
    return into


def upload_folder(folder: Path, place: str) -> None:
    """Uploads every file of a folder to `gs://bucket/prefix`, keeping their relative names.

    Args:
        folder: The local folder.
        place: Where to.

    Raises:
        StorageFailed: the bucket is not there or does not take it.
    """
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage import Client, transfer_manager

    bucket_name, prefix = _split(place)
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    try:
        results = transfer_manager.upload_many_from_filenames(
            Client().bucket(bucket_name),
            names,
            source_directory=str(folder),
            blob_name_prefix=prefix,
            worker_type=transfer_manager.THREAD,
        )
    except (GoogleAPIError, GoogleAuthError) as error:
        raise StorageFailed(f"{place}: {error}") from None
    _raise_first(place, results)


def _split(place: str) -> tuple[str, str]:
    """Bucket and prefix; the prefix is empty or ends in a slash."""
    bucket, _, prefix = place.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise StorageFailed(f"{place} names no bucket")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""


def _raise_first(place: str, results: list[object]) -> None:
    """The transfer manager hands failures back as values; the first one is raised."""
    for result in results:
        if isinstance(result, Exception):
            raise StorageFailed(f"{place}: {result}") from None
