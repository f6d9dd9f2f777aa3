"""What a process has in hand: who must wait for whom."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest

from results.values import Claim, ClaimedDocument
from workers.hands import Hands


def claim_of(*attempts: int) -> Claim:
    """A claim of documents with so many attempts."""
    documents = (ClaimedDocument(n, "file:///a", "1", None, 1, tries) for n, tries in enumerate(attempts))
    return Claim("token", datetime.now(UTC), tuple(documents))


def test_several_batches_are_in_hand_at_once_but_a_tried_document_only_in_empty_hands() -> None:
    hands = Hands()
    asked: list[bool] = []

    def claim(tried: bool) -> Claim:
        asked.append(tried)
        return claim_of(1, 1)

    with hands.taking(claim, lambda: True) as first, hands.taking(claim, lambda: True) as second:
        assert first is not None
        assert second is not None
    assert asked == [True, False]


@pytest.mark.parametrize("time_left", [True, False])
def test_a_tried_document_waits_for_what_is_in_hand(time_left: bool) -> None:
    hands = Hands()
    told = Event()

    def claim(tried: bool) -> Claim:
        told.set()
        return claim_of(2) if tried else claim_of()

    def take() -> int:
        with hands.taking(claim, lambda: time_left) as claimed:
            return 0 if claimed is None else claimed.documents[0].attempts

    with ThreadPoolExecutor(1) as beside:
        with hands.taking(lambda tried: claim_of(1), lambda: True):
            waiting = beside.submit(take)
            assert told.wait(30)
            assert not waiting.done()
        assert waiting.result() == (2 if time_left else 0)


def test_hands_are_empty_again_after_an_error() -> None:
    hands = Hands()
    with pytest.raises(ConnectionResetError), hands.taking(lambda tried: claim_of(2), lambda: True):
        raise ConnectionResetError
    with hands.taking(lambda tried: claim_of(2) if tried else None, lambda: True) as claimed:
        assert claimed is not None
