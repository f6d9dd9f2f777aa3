"""Makes the bucket, the topic and the subscription of deploy/emulators.env; run again, it changes nothing."""

import os

from google.api_core.exceptions import AlreadyExists, Conflict
from google.cloud import pubsub_v1, storage

PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
NAME = "inbox"


def main() -> None:
    """Makes what is not there yet; the storage emulator publishes to the topic by its own command line."""
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    topic = publisher.topic_path(PROJECT, NAME)
    subscription = subscriber.subscription_path(PROJECT, NAME)
    for make in (
        lambda: storage.Client().create_bucket(NAME),
        lambda: publisher.create_topic(name=topic),
        lambda: subscriber.create_subscription(name=subscription, topic=topic, ack_deadline_seconds=60),
    ):
        try:
            make()
        except (AlreadyExists, Conflict):
            continue
    print(f"gs://{NAME} and {subscription} are there")


if __name__ == "__main__":
    main()
