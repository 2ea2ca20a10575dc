"""Early stopping: end a training if the validation loss does not improve."""

import math


class EarlyStopping:
    """Counts validations without improvement.

    Losses under different KL weights cannot be compared. So every validation counts as an
    improvement until the weight is constant.

    Args:
        patience: Number of validations without improvement that ends a training; None for no early
            stopping.
    """

    def __init__(self, patience: int | None):
        self._patience = patience
        self._best = math.inf  # the lowest loss
        self._waited = 0  # validations since then

    def observe(self, loss: float, settled: bool):
        """Adds the loss of a validation. `settled` is whether the KL weight was constant."""
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
        """State for a checkpoint."""
        best = self._best if math.isfinite(self._best) else None
        return {"best": best, "waited": self._waited}

    def restore(self, details: dict):
        """Sets the state to the state of a checkpoint."""
        self._best = math.inf if details["best"] is None else details["best"]
        self._waited = details["waited"]
