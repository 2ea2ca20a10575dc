"""Linear support vector machines on one code, all classes and codes at once, for SAP.

With one code a machine has two parameters, and the points that count in its gradient and its
Hessian are a run of the sorted codes: their sums are differences of cumulative sums. A Newton step
costs a search in the sorted codes instead of a pass over them.

Reference:
    Fan et al., "LIBLINEAR: A Library for Large Linear Classification", JMLR 9, 2008, Section 2 (the
    objective); Lin et al., "Trust Region Newton Method for Logistic Regression", JMLR 9, 2008, for
    Newton's method on it.
"""

import numpy as np

_MAX_STEPS = 200
_ROUNDING = 1e-13  # of the value at the start: its last digits


def fit_on_one_code(
    code: np.ndarray, labels: np.ndarray, *, C: float, balanced: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fits a machine for each class against the rest, as scikit-learn's LinearSVC.

    Minimizes (w^2 + b^2) / 2 + C sum_i c_i max(0, 1 - y_i (w z_i + b))^2 to its optimum. y_i is 1
    for the class and -1 for the rest; c_i is 1, and if `balanced` N / (V n) for the n points of the
    class; with two classes the rest, too, has its own weight.

    Args:
        code: `[N]` array.
        labels: `[N]` int array with two values or more.
        C: Weight of the errors.
        balanced: Whether classes have the same weight.

    Returns:
        The V sorted classes, slopes w `[V]` and intercepts b `[V]`. With two classes both describe
        the second, and the first's are their negatives.

    Example:
        >>> classes, slope, intercept = fit_on_one_code(
        ...     np.array([-1.0, 1.0]), np.array([3, 5]), C=1e6, balanced=False
        ... )
        >>> classes.tolist(), slope.round(3).tolist()
        ([3, 5], [-1.0, 1.0])
    """
    classes, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = C * (len(code) / (len(classes) * counts) if balanced else np.ones(len(classes)))
    order = np.argsort(code, kind="stable")
    two = len(classes) == 2
    rows = np.arange(two, len(classes))
    of_rest = weights[:1] if two else np.full(len(classes), C)
    ordered = code[order].astype(np.float64)
    machines = _Machines(ordered, labels[order], rows, weights[rows], of_rest)
    slopes, intercepts = machines.fit()
    if two:
        slopes, intercepts = np.append(-slopes, slopes), np.append(-intercepts, intercepts)
    return classes, slopes, intercepts


class _Machines:
    """The machines of V classes, each against the rest, on ascending codes.

    Args:
        ordered: `[N]` ascending codes.
        labels: `[N]` their classes, from 0.
        rows: `[V]` classes that have a machine.
        of_own: `[V]` weights of the errors of a class's points.
        of_rest: `[V]` weights of the errors of the others.
    """

    def __init__(self, ordered, labels, rows, of_own, of_rest):
        powers = np.stack([np.ones_like(ordered), ordered, ordered**2], axis=1)  # [N, 3]
        by_class = np.argsort(labels, kind="stable")
        self.ordered = ordered
        self.sums = np.pad(np.cumsum(powers, axis=0), ((1, 0), (0, 0)))  # [N + 1, 3]
        self.own_sums = np.pad(np.cumsum(powers[by_class], axis=0), ((1, 0), (0, 0)))
        # Ascending by class and, in it, by place among all codes: one search finds both.
        self.keys = labels[by_class] * (len(ordered) + 1) + by_class
        self.first_keys = rows * (len(ordered) + 1)
        self.before = self.own_sums[np.searchsorted(self.keys, self.first_keys)]
        self.of_own, self.of_rest = of_own, of_rest

    def fit(self):
        """Slopes and intercepts `[V]`, by Newton's method with Armijo's rule."""
        points = np.zeros((len(self.first_keys), 2))
        value, gradient, hessian = self.objective(points)
        rounding = _ROUNDING * value
        for _ in range(_MAX_STEPS):
            steps = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
            descent = -np.sum(gradient * steps, axis=1)
            # The rest cannot be seen in the value: no search, one step to the optimum.
            last = descent <= rounding
            length = np.ones(len(points))
            for _ in range(60):  # the objective is convex: a short step goes down
                new = self.objective(points + length[:, None] * steps)
                up = ~last & (new[0] > value - 1e-4 * length * descent)
                if not up.any():
                    break
                length = np.where(up, length / 2, length)
            points = points + length[:, None] * steps
            value, gradient, hessian = new
            if last.all():
                break
        return points.T

    def objective(self, points):
        """Values `[V]`, gradients `[V, 2]` and Hessians `[V, 2, 2]` at slopes and intercepts."""
        slope, intercept = points.T
        value = 0.5 * np.sum(points**2, axis=1)
        gradient = points.copy()
        hessian = np.tile(np.eye(2), (len(points), 1, 1))
        for sums, sign, weight in ((self._own, 1.0, self.of_own), (self._rest, -1.0, self.of_rest)):
            n, z, z2 = self._where_below_one(sums, sign * slope, 1 - sign * intercept).T
            # Loss max(0, 1 - m)^2 with m = sign (slope z + intercept).
            linear = slope * z + intercept * n
            squares = slope**2 * z2 + 2 * slope * intercept * z + intercept**2 * n
            value += weight * (n - 2 * sign * linear + squares)
            parts = np.stack([slope * z2 + intercept * z - sign * z, linear - sign * n], axis=1)
            gradient += 2 * weight[:, None] * parts
            curvature = np.stack([z2, z, z, n], axis=1).reshape(-1, 2, 2)
            hessian += 2 * weight[:, None, None] * curvature
        return value, gradient, hessian

    def _where_below_one(self, sums, slope, margin):
        """Sums `[V, 3]` over the points with slope z < margin."""
        border = np.divide(margin, slope, out=np.zeros_like(slope), where=slope != 0)
        everything = sums(len(self.ordered))
        left = sums(np.searchsorted(self.ordered, border, side="left"))
        right = everything - sums(np.searchsorted(self.ordered, border, side="right"))
        flat = np.where((margin > 0)[:, None], everything, 0.0)
        sloping = np.where((slope > 0)[:, None], left, right)
        return np.where((slope == 0)[:, None], flat, sloping)

    def _own(self, count):
        """Sums `[V, 3]` over the points of a class among the first `count`, `[V]`, of all."""
        return self.own_sums[np.searchsorted(self.keys, self.first_keys + count)] - self.before

    def _rest(self, count):
        """The same over the points of other classes."""
        return self.sums[count] - self._own(count)
