"""TFDS sets with ground-truth factors: each combination once, stored in the order of the grid."""

from pathlib import Path

import numpy as np

from vae_tf.data.cache import prepared
from vae_tf.data.collection import Collection
from vae_tf.data.factors import FactorGrid
from vae_tf.data.pixels import fit
from vae_tf.data.row_file import RowFile, RowWriter
from vae_tf.data.tfds_images import download, examples, find_builder
from vae_tf.process.errors import UserError


def load_dsprites(image_size: int | None, channels: int | None) -> Collection:
    """Load dSprites, 737,280 images 64x64x1. The label is the shape.

    Reference:
        Matthey et al., "dSprites: Disentanglement testing Sprites dataset", 2017.
        https://github.com/deepmind/dsprites-dataset
    """
    names = ("shape", "scale", "orientation", "x_position", "y_position")
    grid = FactorGrid(names, (3, 6, 40, 32, 32))
    features = [f"label_{name}" for name in names]
    return load_grid("dsprites", grid, features, "shape", 64, image_size, channels)


def load_shapes3d(image_size: int | None, channels: int | None) -> Collection:
    """Load 3D Shapes, 480,000 images 64x64x3 (6 GB in the cache). The label is the shape.

    Reference:
        Burgess & Kim, "3D Shapes Dataset", 2018. https://github.com/deepmind/3d-shapes
    """
    names = ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
    grid = FactorGrid(names, (10, 10, 10, 8, 4, 15))
    features = [f"label_{name}" for name in names]
    return load_grid("shapes3d", grid, features, "shape", 64, image_size, channels)


def load_smallnorb(image_size: int | None, channels: int | None) -> Collection:
    """Load Small NORB, the left camera's 48,600 images at 64x64x1. The label is the category.

    Both published splits form one grid, and the instance (one of ten toys) is a hidden factor, as
    in disentanglement_lib. The factors are category, elevation, azimuth and lighting.

    Reference:
        LeCun et al., "Learning Methods for Generic Object Recognition with Invariance to Pose and
        Lighting", CVPR 2004. https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/
    """
    names = ("category", "instance", "elevation", "azimuth", "lighting")
    grid = FactorGrid(names, (5, 10, 9, 18, 6))
    features = [name if name == "instance" else f"label_{name}" for name in names]
    return load_grid(
        "smallnorb", grid, features, "category", 64, image_size, channels, hidden="instance"
    )


def load_grid(
    name: str,
    grid: FactorGrid,
    features: list[str],
    label: str,
    default_size: int,
    image_size: int | None,
    channels: int | None,
    hidden: str | None = None,
) -> Collection:
    """Load a TFDS set with every combination of its factors once.

    Args:
        name: TFDS name.
        grid: The factors.
        features: TFDS feature of each factor, integers from 0.
        label: Factor that is the label. It describes the object.
        default_size: Side in pixels if `image_size` is None.
        image_size: Side in pixels or None.
        channels: 1, 3, or None for the channels of the set.
        hidden: Factor that scores do not use, or None.

    Raises:
        UserError: If the set cannot be downloaded, or does not fill the grid.
    """
    size = image_size or default_size

    def prepare(folder: Path) -> dict:
        builder = find_builder(name)
        download(builder)
        depth = channels or builder.info.features["image"].shape[-1]
        filled = np.zeros(len(grid), bool)
        shape = (size, size, depth)
        with RowWriter(folder / "images.npy", shape, np.uint8, len(grid)) as writer:
            for split in builder.info.splits:
                for example in examples(builder, split, ["image", *features]):
                    row = grid.rows(np.array([[example[feature] for feature in features]]))[0]
                    writer.write(fit(_to_full_scale(example["image"]), size, depth), row)
                    filled[row] = True
        if not filled.all():
            raise UserError(
                f"'{name}' must show each of its {len(grid):,} combinations of factors. Received: "
                f"{filled.sum():,} in '{builder.data_path}'. Delete this folder."
            )
        return {}

    key = {"grid": name, "sizes": grid.sizes, "image_size": size, "channels": channels}
    folder, _ = prepared(name, key, prepare)
    rows = np.arange(len(grid))
    return Collection(
        name,
        RowFile(folder / "images.npy", full_scale=255),
        splits={"train": range(len(grid))},
        labels=grid.factors(rows)[:, grid.names.index(label)],
        grid=grid,
        hidden_factor=hidden,
        intrinsic=(label,),
    )


def _to_full_scale(pixels: np.ndarray) -> np.ndarray:
    # dSprites stores 0 and 1. No image of the other sets is so dark.
    return pixels * np.uint8(255) if pixels.max() <= 1 else pixels
