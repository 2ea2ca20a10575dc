"""How large networks are before they are built: weights, and values that their layers put out."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Sizes of a network, or of several together.

    Attributes:
        weights: Number of weights.
        outputs: Number of values that all layers put out for one image.
    """

    weights: int
    outputs: int
