"""Early stopping: an end once the validation loss has not improved for a while."""

import math


class EarlyStopping:
    """Counts validations without improvement.

    Losses under different KL weights cannot be compared: before the weight has settled every one
    counts as an improvement.

    Args:
        patience: Validations without improvement before the end; None for no end.
    """

    def __init__(self, patience: int | None):
        self._patience = patience
        self._best = math.inf  # the lowest loss
        self._waited = 0  # validations since then

    def observe(self, loss: float, settled: bool):
        """Takes in the loss of a validation, and whether the KL weight had settled."""
        if loss < self._best or not settled:
            self._best = loss if settled else math.inf
            self._waited = 0
        else:
            self._waited += 1

    @property
    def out_of_patience(self) -> bool:
        return self._patience is not None and self._waited >= self._patience

    @property
    def details(self) -> dict:
        """Its state in a checkpoint."""
        best = self._best if math.isfinite(self._best) else None
        return {"best": best, "waited": self._waited}

    def restore(self, details: dict):
        """Resumes from what a checkpoint holds."""
        self._best = math.inf if details["best"] is None else details["best"]
        self._waited = details["waited"]
