"""Errors of the model room that a person may meet: the docstring is the message, the detail says of what."""

import inspect


class ModelError(Exception):
    """Something is wrong with a model."""

    def __init__(self, detail: str = "") -> None:
        """Makes the message from the class docstring and what is known of this case.

        Args:
            detail: What was wrong in this case, appended to the docstring's first line.
        """
        summary = (inspect.getdoc(type(self)) or "").splitlines()[0]
        super().__init__(f"{summary.rstrip('.')}: {detail}" if detail else summary)


class WrongTrainingData(ModelError):
    """The training data cannot make a good model."""


class WrongStart(ModelError):
    """The network to go on from cannot be used; name one that the same recipe trained."""


class NoRoom(ModelError):
    """The disk is full; free some space and run the same command again, it resumes."""


class WrongRequest(ModelError):
    """The prediction request is not what the model takes."""


class WrongRelease(ModelError):
    """The model release cannot be used; fetch it again or name another with COUNTERSIGN_RELEASE_PATH."""


class EngineUnavailable(ModelError):
    """The engine that was asked for is not installed; install it or leave COUNTERSIGN_ENGINE at auto."""


class FeederDied(ModelError):
    """A process that renders training pages ended; run the same command again, it resumes."""
