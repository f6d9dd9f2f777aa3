"""`python -m tests.emulators`: both emulators in one process, to try countersign without an account."""

import argparse
import json
import signal
import threading

from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.storage import StorageEmulator


def main() -> None:
    """Runs both until interrupted."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--storage-port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--pubsub-port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--bucket", action="append", default=[], help="bucket to create; may be repeated")
    options.add_argument(
        "--fill", type=int, default=0, metavar="N", help="put N small objects in every bucket"
    )
    options.add_argument(
        "--subscription",
        metavar="projects/P/subscriptions/S",
        help="subscription to create, with a topic of the same name that the buckets notify",
    )
    options.add_argument("--messages", type=int, default=0, metavar="N", help="put N messages in its queue")
    given = options.parse_args()
    done = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: done.set())
    with StorageEmulator(given.storage_port) as storage, PubSubEmulator(given.pubsub_port) as pubsub:
        storage.store.on_event = pubsub.notify
        for bucket in given.bucket:
            storage.store.create_bucket(bucket)
            storage.store.fill(bucket, given.fill)
        if given.subscription:
            topic = pubsub.create(given.subscription).config.topic
            for bucket in given.bucket:
                storage.store.bucket(bucket).notifications.append({"topic": topic})
            for number in range(given.messages):
                pubsub.send(topic, b"", **event(given.bucket[0], number))
        hosts = {"STORAGE_EMULATOR_HOST": storage.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
        print(json.dumps(hosts), flush=True)
        done.wait()


def event(bucket: str, number: int) -> dict[str, str]:
    """The attributes of a notification without payload."""
    return {
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "NONE",
        "bucketId": bucket,
        "objectId": f"{number:09d}.png",
        "objectGeneration": str(1_700_000_000_000_000 + number),
    }


if __name__ == "__main__":
    main()
