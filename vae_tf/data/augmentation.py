"""Augmentation: random changes of training images, `Params.augment`."""

import numpy as np

AUGMENTATIONS = ("mirror",)

# Parts of a batch that may be changed. Pairs and groups with known factors may not: a mirrored
# sprite has another position and orientation.
CHANGED = ("image", "labeled_image", "second")


def augmented(batch: dict[str, np.ndarray], kind: str | None, rng: np.random.Generator) -> dict:
    """Mirror each image of a batch left to right with probability 1/2.

    Args:
        batch: Arrays `[B, H, W, C]` by name, and other parts.
        kind: "mirror", or None to change nothing.
        rng: Source of the choice.
    """
    if kind is None:
        return batch
    if "mask" in batch:  # the mask is mirrored with its image
        both = _mirrored(np.concatenate([batch["image"], batch["mask"]], axis=-1), rng)
        image, mask = np.split(both, 2, axis=-1)
        return batch | {"image": image, "mask": mask}
    return batch | {name: _mirrored(batch[name], rng) for name in CHANGED if name in batch}


def _mirrored(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    chosen = rng.random(len(images)) < 0.5
    return np.where(chosen[:, None, None, None], images[:, :, ::-1], images)
