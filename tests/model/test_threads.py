"""A detector that is given one core uses one."""

import cv2
from threadpoolctl import threadpool_info, threadpool_limits

from model.threads import Threads


def test_the_libraries_start_no_threads_of_their_own() -> None:
    cv2.setNumThreads(4)
    threadpool_limits(4, "blas")
    Threads(1)
    linear_algebra = [library for library in threadpool_info() if library["user_api"] == "blas"]
    assert linear_algebra
    assert {library["num_threads"] for library in linear_algebra} == {1}
    assert cv2.getNumThreads() == 1


def test_items_come_back_in_their_order() -> None:
    assert Threads(3).map(lambda item: item * item, range(10)) == [item * item for item in range(10)]
