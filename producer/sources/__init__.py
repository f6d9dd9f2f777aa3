"""Where documents come from: folders, buckets and subscriptions."""

import re

from producer.sources.folder import Folder
from producer.sources.source import Delivery, Source
from results.settings import Settings

__all__ = ["Delivery", "Source", "open_source"]

SUBSCRIPTION = re.compile(r"projects/[^/]+/subscriptions/[^/]+")


def open_source(text: str, settings: Settings) -> Source:
    """The source that a person named; nothing is read and nothing is connected yet.

    Args:
        text: `gs://bucket/prefix`, `projects/P/subscriptions/S`, or the path of a folder or file.
        settings: How sources behave.

    Returns:
        The source.

    Raises:
        WrongSettings: The settings do not fit the source.
    """
    if text.startswith("gs://"):
        from producer.sources.bucket import Bucket  # the cloud clients take a second to import

        return Bucket(text, settings)
    if SUBSCRIPTION.fullmatch(text):
        from producer.sources.subscription import Subscription

        return Subscription(text, settings)
    return Folder(text, settings)
