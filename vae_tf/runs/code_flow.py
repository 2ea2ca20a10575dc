"""The flow fitted to the codes of a run, kept in its folder: `code_flow.safetensors`."""

import hashlib
import logging

import numpy as np

from vae_tf.priors.code_flow import CodeFlow, RealNVPFlow
from vae_tf.priors.flow_matching import MatchedFlow
from vae_tf.process.files.saving import written_whole
from vae_tf.runs.tensors import read_tensors, write_tensors

CODE_FLOW = "code_flow.safetensors"
_KINDS: dict[str, type[CodeFlow]] = {each.kind: each for each in (RealNVPFlow, MatchedFlow)}


def keep_code_flow(run, flow: CodeFlow):
    """Keeps a flow in the folder of a run; where nothing can be written, it is fitted anew.

    Args:
        run: The run.
        flow: The flow.
    """
    arrays = {"center": flow.center, "factor": flow.factor}
    arrays |= {f"{index:03d}": weight for index, weight in enumerate(flow.weights)}
    details = {"step": run.details["step"], "num_images": flow.num_images, "of": _digest(run.model)}
    details["kind"] = flow.kind
    try:
        with written_whole(run.path / CODE_FLOW) as partial:
            write_tensors(partial, arrays, details)
    except OSError as error:
        logging.info("The flow of the codes of %s is not kept: %s", run.name, error)


def kept_code_flow(run) -> CodeFlow | None:
    """The flow in the folder of a run; None where there is none, or it is of other weights.

    Args:
        run: The run.
    """
    path = run.path / CODE_FLOW
    if not path.is_file():
        return None
    try:
        arrays, details = read_tensors(path)
        if details["of"] != _digest(run.model):
            return None
        center, factor = np.array(arrays.pop("center")), np.array(arrays.pop("factor"))
        weights = tuple(np.array(arrays[name]) for name in sorted(arrays))
        kind = _KINDS[details.get("kind", RealNVPFlow.kind)]  # older files have no kind
        flow = kind(center, factor, weights, int(details["num_images"]))
        flow.sample(1, np.random.default_rng(0))  # whether the arrays fit one another
    except Exception as error:  # whatever a damaged file raises, the flow is fitted again
        logging.warning("'%s' is damaged and not used: %s", path, error)
        return None
    return flow


def _digest(model) -> str:
    """SHA-256 of the weights of a model: a training that resumes makes other codes."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
