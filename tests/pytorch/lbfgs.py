"""torch.optim.LBFGS on a small problem: the other side of the tests in src/optimizer/lbfgs.

    python tests/pytorch/lbfgs.py > src/optimizer/lbfgs/tests/golden.rs
        writes the table and says on stderr how far float32 is from float64

The problem, x being a picture [1, 3, 4, 5] with elements u_0 ... u_59, all numbers exact in float32:
    start  u_i = ((7 i) mod 16) / 16 + 1/32
    a_i = 2^((i mod 8) - 3),  c_i = ((11 i) mod 32) / 32, or 2 c_i - 1/2 where it is `wide`
    f(x) = sum a_i (u_i - c_i)^2 + 4 sum (u_i - c_i)^4 + 20 sum (u_(i+1) - u_i^2)^2

One iteration a step: max_iter is 1, and max_eval leaves a line search its 25 trials. Tolerances are 0.
In the normalised space z = x / deviation is what is optimised. torch does not clamp: those cases come
from the two-loop recursion below, in which a step that was clamped is the step that was made.

The line search by itself, torch's _strong_wolfe along one dimension from 0:
    slopes that wave     f(t) = t^2 / 2 - 3/5 sin(4 t) - t
    More and Thuente     f(t) = -t / (t^2 + 2)
                         f(t) = (t + 0.004)^5 - 2 (t + 0.004)^4
    no way down          f(t) = |t|, but with slope -1 at 0
"""

import math
import sys

import torch
from torch.optim.lbfgs import _strong_wolfe

DEVIATION = torch.tensor([0.229, 0.224, 0.225])
STEPS = 20


def problem(wide, kind):
    i = torch.arange(60)
    start = (((7 * i) % 16) / 16 + 1 / 32).to(kind).reshape(1, 3, 4, 5)
    c = (((11 * i) % 32) / 32).to(kind)
    if wide:
        c = 2 * c - 0.5
    a = (2.0 ** ((i % 8) - 3)).to(kind)

    def loss(x):
        u = x.reshape(-1)
        e = u - c
        return (a * e**2).sum() + 4 * (e**4).sum() + 20 * ((u[1:] - u[:-1] ** 2) ** 2).sum()

    return start, loss


def scale(normalized, kind):
    ones = torch.ones(1, 3, 1, 1, dtype=kind)
    return DEVIATION.to(kind).reshape(1, 3, 1, 1) if normalized else ones


def of_torch(kind, rate=1.0, history=100, search=None, normalized=False):
    start, loss = problem(False, kind)
    deviation = scale(normalized, kind)
    z = (start / deviation).requires_grad_(True)
    optimizer = torch.optim.LBFGS(
        [z], lr=rate, max_iter=1, max_eval=26, history_size=history,
        tolerance_grad=0, tolerance_change=0, line_search_fn=search,
    )
    evaluations = 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        value = loss(z * deviation)
        value.backward()
        return value

    iterates = []
    for _ in range(STEPS):
        optimizer.step(closure)
        iterates.append((z * deviation).detach().clone())
    return [row(loss, x) for x in iterates], iterates, evaluations


def clamped(kind, normalized=False):
    start, loss = problem(True, kind)
    deviation = scale(normalized, kind)
    x, pairs, h, iterates = start.clone(), [], 1.0, []
    before = None
    for step in range(STEPS):
        leaf = x.clone().requires_grad_(True)
        (g,) = torch.autograd.grad(loss(leaf), leaf)
        g = (g * deviation).reshape(-1)
        if before is not None:
            y, s = g - before[1], ((x - before[0]) / deviation).reshape(-1)
            if y @ s > 1e-10:
                pairs.append((s, y))
                h = (y @ s) / (y @ y)
        q, alphas = -g, []
        for s, y in reversed(pairs):
            alphas.append((s @ q) / (y @ s))
            q = q - alphas[-1] * y
        d = q * h
        for (s, y), alpha in zip(pairs, reversed(alphas)):
            d = d + s * (alpha - (y @ d) / (y @ s))
        t = min(1.0, 1.0 / g.abs().sum()) if step == 0 else 1.0
        before = (x, g)
        x = (x + (t * d).reshape(x.shape) * deviation).clamp(0, 1)
        iterates.append(x)
    return [row(loss, x) for x in iterates], iterates, STEPS


def row(loss, x):
    """The loss at an iterate, its norm and two samples."""
    u = x.reshape(-1)
    return [float(loss(x)), float(u.norm()), float(u[7]), float(u[34])]


CURVES = [
    ("waving", lambda t: t * t / 2 - 0.6 * math.sin(4 * t) - t, lambda t: t - 2.4 * math.cos(4 * t) - 1),
    ("rational", lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    ("quintic", lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
     lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
    ("kinked", lambda t: abs(t), lambda t: 1.0 if t > 0 else -1.0),
]
FIRST_TRIALS = [0.001, 0.1, 1.0, 10.0, 100.0]


def searched(curve, slope, first):
    trials = []

    def evaluate(_, t, __):
        trials.append(float(t))
        numbers = torch.tensor([curve(float(t)), slope(float(t))], dtype=torch.float64)
        return float(numbers[0]), numbers[1:]

    one = torch.ones(1, dtype=torch.float64)
    begin = torch.tensor([slope(0.0)], dtype=torch.float64)
    _, _, found, _ = _strong_wolfe(
        evaluate, None, first, one, curve(0.0), begin, begin.dot(one), max_ls=25
    )
    return float(found), trials


CASES = {
    "PLAIN": lambda kind: of_torch(kind),
    "PLAIN_NORMALIZED": lambda kind: of_torch(kind, normalized=True),
    "PLAIN_HISTORY_3": lambda kind: of_torch(kind, history=3),
    "WOLFE": lambda kind: of_torch(kind, search="strong_wolfe"),
    "WOLFE_NORMALIZED": lambda kind: of_torch(kind, search="strong_wolfe", normalized=True),
    "WOLFE_FROM_FAR": lambda kind: of_torch(kind, rate=8.0, search="strong_wolfe"),
    "WOLFE_FROM_NEAR": lambda kind: of_torch(kind, rate=0.02, search="strong_wolfe"),
    "CLAMPED": lambda kind: clamped(kind),
    "CLAMPED_NORMALIZED": lambda kind: clamped(kind, normalized=True),
}


def main():
    print(f"//! What tests/pytorch/lbfgs.py wrote, by torch {torch.__version__.split('+')[0]} in float64.")
    print("//!")
    print("//! How many evaluations it took, and a row an iterate: the loss there, the picture's norm, its")
    print("//! elements 7 and 34.")
    print("#![allow(clippy::unreadable_literal, reason = \"as printed\")]")
    for name, case in CASES.items():
        rows, iterates, evaluations = case(torch.float64)
        _, in_float32, _ = case(torch.float32)
        off = max(
            float((one.double() - other).norm() / other.norm())
            for one, other in zip(in_float32, iterates)
        )
        print(f"{name}: {evaluations} evaluations, float32 to float64 {off:.1e}", file=sys.stderr)
        print(f"\n#[rustfmt::skip]\npub(super) const {name}: (usize, [[f64; 4]; {STEPS}]) = ({evaluations}, [")
        for numbers in rows:
            print(f"    {listed(numbers)},")
        print("]);")
    print("\n/// A curve, where the search along it began, where it ended and every length that it tried.")
    print("#[rustfmt::skip]")
    print("pub(super) const SEARCHES: &[(&str, f64, f64, &[f64])] = &[")
    for name, curve, slope in CURVES:
        for first in FIRST_TRIALS:
            found, trials = searched(curve, slope, first)
            print(f'    ("{name}", {first}, {found:.12}, &{listed(trials)}),')
    print("];")


def listed(numbers):
    return f"[{', '.join(f'{number:.12}' for number in numbers)}]"


if __name__ == "__main__":
    main()
