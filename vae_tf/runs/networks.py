"""networks.json: the networks that were given to `train`, as Keras describes them."""

from pathlib import Path

from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_text

NETWORKS = "networks.json"
_MOST_BYTES = 4 * 2**20


def read_networks(run_dir: Path, digest: str | None = None):
    """The networks of the user's own that a run was trained with, as `OwnNetworks`.

    Args:
        run_dir: The run folder.
        digest: Their digest in the checkpoint; None where it is compared later.

    Raises:
        UserError: If they cannot be read, name code, or do not belong to the checkpoint.
    """
    from vae_tf.networks.own import OwnNetworks  # which imports Keras

    path = run_dir / NETWORKS
    try:
        networks = OwnNetworks(read_text(path, _MOST_BYTES))
    except FileNotFoundError:
        raise UserError(
            f"'{path}' is missing: the run has networks of its own. Put it back."
        ) from None
    except UserError as error:
        raise UserError(f"'{path}' cannot be used: {error}") from None
    if digest not in (None, networks.digest):
        raise UserError(f"'{path}' does not belong to the checkpoint. Put the run's own one back.")
    return networks
