import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.errors import UserError
from vae_tf.models import MODELS
from vae_tf.models.build import build_model
from vae_tf.models.knobs import hyper_of
from vae_tf.models.memory import check_memory

KNOBS = [(model, knob) for model in MODELS for knob in hyper_of(model)]
BUILT = (10**400, -1e300, [[10**400]])  # of the others every model: test_conformance.py


@pytest.mark.parametrize(("model", "knob"), KNOBS)
def test_any_value_of_a_knob_is_taken_or_refused(tiny, model, knob):
    base = replace(tiny, model=model, encoder=((8,),))
    for value in (*BUILT, {"a": 1}, "x"):
        params = replace(base, hyper={knob: value})
        try:
            check_memory(params, (8, 8, 1), training=True)
            if value not in BUILT:
                continue
            built = build_model(params, (8, 8, 1), 64, 4)
        except UserError as error:
            assert len(str(error)) < 700
        else:
            assert all(np.all(np.isfinite(weight)) for weight in built.get_weights())


def test_unknown_knobs_name_the_nearest(tiny):
    with pytest.raises(UserError, match="Did you mean 'gamma'"):
        build_model(replace(tiny, model="factor_vae", hyper={"gama": 1}), (8, 8, 1), 64)
    with pytest.raises(UserError, match="no knobs of its own"):
        build_model(replace(tiny, hyper={"gamma": 1}), (8, 8, 1), 64)
