import numpy as np
import pytest
from keras import ops

from vae_tf import schedules
from vae_tf.errors import UserError
from vae_tf.schedules import constant, cyclical, linear, parse, triggered


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (linear(0, 10, 40_000), lambda s: min(10, s / 4_000)),
        (linear(100, 1, 39_600), lambda s: max(1, 100 - s / 400)),
        (linear(10_000, 1, 99_990), lambda s: max(1, 10_000 - s / 10)),
        (linear(0, 1, 50_000, delay=3_000), lambda s: min(1, max(0, (s - 3_000) / 50_000))),
        (constant(4), lambda s: 4),
    ],
)
def test_the_two_projects_formulas(schedule, formula):
    for step in (0, 1, 399, 3_000, 3_001, 20_000, 39_600, 41_000, 99_990, 200_000):
        assert schedule(step) == pytest.approx(formula(step), rel=1e-12, abs=1e-12)
        assert float(schedule(ops.convert_to_tensor(step))) == pytest.approx(
            formula(step), rel=1e-5, abs=1e-5
        )


def test_cyclical_repeats_ramp_and_plateau():
    schedule = cyclical(0, 2, 400, cycles=4, ramp=0.5)
    np.testing.assert_allclose(
        schedule(np.array([0, 25, 50, 99, 100, 125, 399, 400, 1_000])),
        [0, 1, 2, 2, 0, 1, 2, 2, 2],
    )


def test_start_and_end_are_exact_in_float32():
    for schedule in (linear(100, 1, 39_600), linear(0, 1, 50_000), linear(10_000, 1, 99_990)):
        assert float(schedule(ops.convert_to_tensor(0))) == schedule.start
        assert float(schedule(ops.convert_to_tensor(10**6))) == schedule.end


@pytest.mark.parametrize(
    "schedule",
    [
        constant(4.0),
        linear(0, 1, 10),
        linear(0, 0.5, 10, delay=3),
        cyclical(0, 1, 100, cycles=2),
        cyclical(0, 1, 100, ramp=0.7),
        triggered(7.84, linear(0, 1, 10)),
        triggered(7.84, 4),
    ],
)
def test_text_round_trip(schedule):
    assert parse(str(schedule)) == schedule


def test_bounds_and_settling():
    assert (linear(5, 1, 10, delay=2).lowest, linear(5, 1, 10).highest) == (1, 5)
    assert linear(5, 1, 10, delay=2).settled_at == 12
    assert triggered(3, linear(0, 2, 10)).highest == 2
    assert constant(3).settled_at == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("linaer(0, 1, 10)", "Did you mean 'linear'"),
        ("linear(0, 1)", "linear takes"),
        ("linear(0, 1, 0)", "`steps` of the schedule"),
        ("linear(-1, 1, 10)", "`start` of the schedule"),
        ("linear(0, 1, 10, delay=-1)", "`delay`"),
        ("cyclical(0, 1, 10, ramp=0.0)", "`ramp`"),
        ("triggered(3, triggered(3, 4))", "another schedule"),
        ("1e39", "at least 0"),
        ("1e-50", "at least 0"),
        ("1" + "0" * 400, "at least 0"),
        ("__import__('os').system('true')", "A schedule is a number or a call"),
        ("linear(0, open('x'), 10)", "Unknown schedule 'open'"),
        ("", "A schedule is a number or a call"),
        ("-3", "at least 0"),
        ("nan", "A schedule is a number"),
    ],
)
def test_bad_text(text, message):
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        parse(text)


def test_infinite_level_is_refused():
    with pytest.raises(UserError, match="number of at least 0"):
        schedules.constant(float("inf"))
