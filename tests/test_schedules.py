import numpy as np
import pytest
from keras import ops

from vae_tf import schedules
from vae_tf.config import Params, replace
from vae_tf.process.errors import UserError
from vae_tf.schedules import (
    constant,
    constrained,
    controlled,
    cosine,
    cyclical,
    exponential,
    falling,
    linear,
    parse,
    stepwise,
    triggered,
    warm_up,
)


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


ENDS = [
    linear(100, 1, 39_600), linear(0, 1, 50_000), linear(10_000, 1, 99_990),
    cosine(1e-3, 1e-6, 39_600), cosine(0, 1, 777), exponential(1e-3, 1e-6, 39_600),
]  # fmt: skip


def test_start_and_end_are_exact_in_float32():
    for schedule in ENDS:
        assert float(schedule(ops.convert_to_tensor(0))) == np.float32(schedule.start)
        assert float(schedule(ops.convert_to_tensor(10**6))) == np.float32(schedule.end)


def test_the_ways_of_decays():
    """A cosine as written in its paper, an exponential by its factor a step."""
    steps = np.arange(0, 400)
    done = np.minimum(steps / 300, 1)
    expected = 1e-5 + 0.5 * (1e-3 - 1e-5) * (1 + np.cos(np.pi * done))
    np.testing.assert_allclose(cosine(1e-3, 1e-5, 300)(steps), expected, rtol=1e-12)
    values = exponential(1e-3, 1e-5, 300)(steps)
    np.testing.assert_allclose(values[1:301] / values[:300], 0.01 ** (1 / 300), rtol=1e-12)
    assert (values[300:] == 1e-5).all()


def test_delays():
    for kind in (linear, cosine, exponential):
        now, later = kind(2, 1, 10), kind(2, 1, 10, delay=5)
        assert (later(np.arange(5)) == 2).all() and later.settled_at == 15
        np.testing.assert_array_equal(later(np.arange(5, 30)), now(np.arange(25)))


def test_steps_of_burda():
    """0.001 * 10^(-i / 7) for 3^i epochs, i from 0 to 7."""
    values = [1e-3 * 10 ** (-i / 7) for i in range(8)]
    ends = np.cumsum([3**i for i in range(8)]).tolist()
    assert ends[-1] == 3_280
    schedule = stepwise(values, ends[:-1])
    by_hand = np.concatenate([[value] * 3**i for i, value in enumerate(values)])
    np.testing.assert_array_equal(schedule(np.arange(3_280)), by_hand)
    np.testing.assert_allclose(schedule(ops.arange(3_280)), by_hand, rtol=1e-6)
    assert (schedule.lowest, schedule.highest, schedule.settled_at) == (1e-4, 1e-3, ends[-2])


def test_warm_up_reaches_the_schedule_and_then_is_it():
    inner = cosine(1e-3, 0, 100)
    schedule = warm_up(20, inner)
    np.testing.assert_allclose(schedule(np.arange(20)), 1e-3 * np.arange(1, 21) / 20)
    np.testing.assert_array_equal(schedule(np.arange(20, 200)), inner(np.arange(180)))
    np.testing.assert_allclose(schedule(ops.arange(200)), schedule(np.arange(200)), atol=1e-9)
    assert (schedule.lowest, schedule.highest, schedule.settled_at) == (0, 1e-3, 120)


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
        cosine(1e-3, 0, 100),
        exponential(1e-3, 1e-5, 100, delay=7),
        stepwise([1e-3, 1e-4, 1e-5], [100, 200]),
        warm_up(10, cosine(1e-3, 0, 100)),
        warm_up(10, 1e-3),
        triggered(3, warm_up(10, 1)),
        constrained(20),
        constrained(20, 0.1, start=2),
        controlled(12.5),
        controlled(12.5, highest=10),
    ],
)
def test_text_round_trip(schedule):
    assert parse(str(schedule)) == schedule


def test_bounds_and_settling():
    assert (linear(5, 1, 10, delay=2).lowest, linear(5, 1, 10).highest) == (1, 5)
    assert linear(5, 1, 10, delay=2).settled_at == 12
    assert triggered(3, linear(0, 2, 10)).highest == 2
    assert constant(3).settled_at == 0
    assert constrained(20).settled_at is None and controlled(5).settled_at is None
    assert (controlled(5, lowest=0.5).lowest, controlled(5, highest=7).highest) == (0.5, 7)


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
        ("exponential(1, 0, 10)", "`end` of the schedule must be a number above 0"),
        ("stepwise([1, 2], [5, 6])", "`values` of the schedule must be a list of 3 numbers"),
        ("stepwise([1, 2, 3], [6, 5])", "`boundaries` of the schedule must be rising"),
        ("stepwise([1, 2], [0])", "`boundaries`"),
        ("stepwise(1, 2)", "`values` of the schedule must be a list"),
        ("stepwise([1, 'a'], [5])", "`values`"),
        ("warm_up(0, 1)", "`steps`"),
        ("warm_up(5, constrained(20))", "another schedule"),
        ("constrained(0)", "`bound` of the schedule must be a number above 0"),
        ("constrained(-5)", "`bound`"),
        ("constrained(20, rate=0)", "`rate`"),
        ("constrained(20, start=1e5)", "`start` of the schedule must be from 0.0001 to 10,000"),
        ("controlled(0)", "`kl`"),
        ("controlled(5, integral=0)", "`integral`"),
        ("controlled(5, lowest=1)", "`highest` of the schedule must be above `lowest`"),
        ("controlled(True)", "`kl`"),
        ("triggered(3, controlled(5))", "another schedule"),
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


def test_falling_is_a_warm_up_and_a_cosine_within_the_steps_of_its_run():
    written = warm_up(100, cosine(2e-3, 0, 900))
    steps = np.arange(1_100)
    np.testing.assert_allclose(falling(2e-3).within(1_000)(steps), written(steps), rtol=1e-12)
    assert falling(2e-3, 500).within(1_000) == falling(2e-3, 500)
    assert str(parse("falling(0.002)")) == "falling(0.002)"
    with pytest.raises(UserError, match="steps"):
        falling(2e-3)(0)


def test_a_run_gives_a_falling_rate_its_steps():
    run = Params(learning_rate="falling(0.004)", steps=200)
    assert replace(run, steps=50).rate(50) == pytest.approx(0, abs=1e-12)
    assert replace(run, steps=50).rate(5) == pytest.approx(0.004)
    assert run.to_dict()["learning_rate"] == "falling(0.004)"
    with pytest.raises(UserError, match="kl_weight"):
        replace(run, kl_weight="falling(4)")
