"""KL weights that depend on the training, as they are written in parameters.

They have a state, which is computed in `models/template/kl_weight.py`.
"""

import dataclasses

from vae_tf.schedules.schedule import Feedback, Schedule, as_inner, check_level, require


@dataclasses.dataclass(frozen=True)
class triggered(Feedback):  # noqa: N801
    """Start a schedule when the reconstruction is good enough; until then, keep its first value.

    The schedule starts when the mean training reconstruction of a log window is at most
    `threshold`. A window has `log_every` steps, so one lucky batch does not start the schedule. The
    step of the schedule is 0 before the start, and then the number of steps since the start.

    Args:
        threshold: Nats per image, as in the log's column `reconstruction`; at least 0.
        schedule: Schedule after the start; a number is a constant.
    """

    threshold: float
    schedule: Schedule

    def __post_init__(self):
        check_level("threshold", self.threshold)
        object.__setattr__(self, "schedule", as_inner(self.schedule))

    def __call__(self, step):
        return self.schedule(step)

    lowest = property(lambda self: self.schedule.lowest)
    highest = property(lambda self: self.schedule.highest)
    settled_at = property(lambda self: self.schedule.settled_at)


@dataclasses.dataclass(frozen=True)
class constrained(Feedback):  # noqa: N801
    """Weight for the least KL at which the reconstruction is at most `bound` (GECO).

    GECO minimizes KL + lambda (reconstruction - bound) and multiplies lambda by the exponential of
    the constraint, averaged over batches with a factor of 0.99. The GECO loss divided by lambda is
    our loss with the weight w = 1 / lambda:

        log w <- log w - rate * clip(average of (reconstruction - bound) / bound, -1, 1)

    The weight falls while the reconstruction is worse than the bound, and rises while it is better.
    The paper does not give the size of a step. We divide by the bound, clip, and limit the weight
    to 0.0001 to 10,000.

    Args:
        bound: Nats per image, as in the log's column `reconstruction`; above 0.
        rate: Largest change of log w in a step, above 0.
        start: First weight, from 0.0001 to 10,000; 1 in the paper.

    Reference:
        Rezende & Viola, "Taming VAEs", 2018, Algorithm 1. https://arxiv.org/abs/1810.00597
    """

    bound: float
    rate: float = 0.01
    start: float = 1.0

    lowest = 1e-4
    highest = 1e4
    settled_at = None

    def __post_init__(self):
        for name in ("bound", "rate", "start"):
            check_level(name, getattr(self, name), zero=False)
        fits = self.lowest <= self.start <= self.highest
        require(fits, "start", f"from {self.lowest} to {self.highest:,.0f}", self.start)


@dataclasses.dataclass(frozen=True)
class controlled(Feedback):  # noqa: N801
    r"""Weight that keeps the KL at `kl`, by a proportional-integral controller.

    With $d$, which is `kl` minus the KL of the batch (Eq. 5-6 and Algorithm 1 of the paper):

    $$w = \mathrm{proportional} / (1 + e^d) - \mathrm{integral} \sum d + \mathrm{lowest}$$

    The weight is from `lowest` to `highest`. At a limit, the sum is set so that the weight
    equals the limit. So the weight leaves the limit as soon as $d$ changes its sign. The
    authors' code does not change the sum at a limit, and its weight can stay there.

    Args:
        kl: Target of the KL in nats per image, above 0.
        proportional: K_p, at least 0; 0.01 in the paper.
        integral: K_i, above 0; 0.0001 in the paper's image generation, 0.001 on dSprites.
        lowest: Least weight, at least 0; 0 in the paper's image generation, 1 on dSprites.
        highest: Largest weight, above `lowest`; 1 in the paper's image generation. For a KL below
            the VAE's KL, `highest` must be above 1.

    Reference:
        Shao et al., "ControlVAE: Controllable Variational Autoencoder", ICML 2020.
        https://arxiv.org/abs/2004.05988
    """

    kl: float
    proportional: float = 0.01
    integral: float = 0.0001
    lowest: float = 0.0
    highest: float = 1.0

    settled_at = None

    def __post_init__(self):
        for name in ("kl", "integral", "highest"):
            check_level(name, getattr(self, name), zero=False)
        for name in ("proportional", "lowest"):
            check_level(name, getattr(self, name))
        require(self.highest > self.lowest, "highest", "above `lowest`", self.highest)
