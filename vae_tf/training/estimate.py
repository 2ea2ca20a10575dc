"""Describe a plan, with its memory and time: `train.py NAME --dry-run`."""

import time

import numpy as np

from vae_tf.config import Params
from vae_tf.data.batches import batch_at
from vae_tf.data.tables.table import columns_of
from vae_tf.models.template.memory import estimate
from vae_tf.runs import with_layout
from vae_tf.training.plan import Plan

_UPDATES = 10  # updates that are timed, after a first update that compiles
_MOST_SECONDS = 10.0


def describe(plan: Plan) -> str:
    """Write data, model, networks, recipe, memory and time of a plan, one line for each.

    The time is measured on a few updates. They change the weights of the plan's model, so the plan
    must not be run afterwards.

    Args:
        plan: The plan.
    """
    params, images = plan.params, plan.images
    size = "x".join(map(str, images.image_shape))
    epochs = params.steps * params.batch_size / len(images)
    weights = {layer.name: layer.count_params() for layer in plan.model.layers}
    networks = [f"{name} {count:,}" for name, count in weights.items() if count]
    average = "" if params.ema is None else f", weights averaged at {params.ema}"
    # Before updates are timed, while the model is at its start.
    networks_given = None if plan.networks is None else plan.networks.sizes()
    built = with_layout(params, columns_of(images))
    memory = estimate(built, images.image_shape, networks_given, images.num_classes)
    seconds = seconds_of_update(plan)
    lines = {
        "Data": f"{params.dataset}: {len(images):,} training images of {size}, "
        f"{len(plan.validation):,} validation images",
        "Model": f"{params.model}: {plan.model.latent_size} latents, {params.likelihood} "
        f"likelihood, KL weight {params.kl_weight}",
        "Networks": ", ".join(networks) + " weights",
        "Recipe": f"initializer {params.initializer}, {params.optimizer}, learning rate "
        f"{_rate(params)}, batches of {params.batch_size}{average}",
        "Length": f"{params.steps:,} steps, {epochs:,.1f} epochs",
        "Memory": f"about {memory.total / 1e6:,.0f} MB, and 600 MB for TensorFlow",
        "Time": f"about {_duration(seconds * params.steps)}: {1e3 * seconds:.3g} ms per step, "
        f"measured now, without validation and pictures",
        "Folder": str(plan.run_dir),
    }
    return "\n".join(f"  {name:9} {text}" for name, text in lines.items())


def seconds_of_update(plan: Plan) -> float:
    """Measure the median seconds of an update, over ten updates or about ten seconds."""
    params, model = plan.params, plan.model
    update = plan.devices.compiled(model.update)
    times: list[float] = []
    began = time.monotonic()
    for step in range(_UPDATES + 1):
        batch = batch_at(
            plan.images, params.batch_size, params.seed, step, model.batch_keys, params.augment
        )
        start = time.perf_counter()
        float(update(batch)["loss"])  # waits until the update is done
        times.append(time.perf_counter() - start)
        if len(times) > 1 and time.monotonic() - began > _MOST_SECONDS:
            break
    return float(np.median(times[1:]))


def _rate(params: Params) -> str:
    rate = params.rate
    if rate.settled_at == 0:
        return str(rate)
    end = round(float(rate(params.steps)), 12)
    return f"{params.learning_rate} (at most {rate.highest:g}, {end:g} at the end)"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
