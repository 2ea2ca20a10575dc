"""columns.json: how the rows of a run's table become vectors, see `data.tables.columns`."""

from pathlib import Path

from vae_tf.config import Params, replace
from vae_tf.data.tables import Columns
from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_text

COLUMNS = "columns.json"


def read_columns(run_dir: Path) -> Columns | None:
    """Read the columns of the table that a run was trained on; None where it was no table.

    Args:
        run_dir: The run folder.

    Raises:
        UserError: If the file is not whole.
    """
    path = run_dir / COLUMNS
    try:
        return Columns.from_json(read_text(path))
    except FileNotFoundError:
        return None
    except UserError as error:
        raise UserError(f"'{path}' cannot be used: {error}") from None


def with_layout(params: Params, columns: Columns | None) -> Params:
    """Return the parameters that a model is built from: `table` names its columns.

    Args:
        params: The parameters of the run.
        columns: Columns of its table, None for other data.
    """
    if columns is None or params.likelihood != "table":
        return params
    return replace(params, likelihood=columns.layout.text)
