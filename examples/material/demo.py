# SPDX-License-Identifier: BSD-3-Clause
"""200,000 material points through 50 steps of cyclic strain: results checked, times measured, hysteresis plotted.

    python demo.py [--points N] [--steps N] [--output DIRECTORY]

Every number it prints is measured in the run that prints it, in CPU time. The competitors take turns within each step,
and all start it from the same state. What is slow is timed on fewer points; the table says on how many.
"""

import argparse
import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np
import paths
import reference
import vectorised
from numpy.typing import NDArray
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
AMPLITUDE, PERIOD = 0.005, 24
TURNS = 3           # of the C loop and of .batch in each step; their median counts
CROSS_TURNS = 101
NUMPY_POINTS = 20_000
CALL_POINTS = 1_000
SAMPLE_POINTS = 50  # compared with reference.py at every step
LIMIT = 1e-10       # for relative differences from the reference

Array = NDArray[np.float64]
Records = NDArray[np.void]
Update = Callable[[Records, Array, "Points"], None]


def build(source: str, output: Path) -> ModuleType:
    """Build a module with the user's own command, and import it."""
    name = source.removesuffix(".c")
    command = ["build", source, "-o", str(output)]
    print("$ tenon", *command, flush=True)
    subprocess.run([sys.executable, "-m", "tenon", *command], cwd=HERE, check=True)
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def scattered_steel(dtype: np.dtype[Any], n: int) -> Records:
    """Parameters of n points in MPa: no two grains of a steel are alike."""
    rng = np.random.default_rng(2024)
    p = np.zeros(n, dtype)
    p["young"], p["poisson"], p["linear"], p["rate"] = 210e3, 0.3, 500.0, 40.0
    p["yield"] = rng.lognormal(np.log(250), 0.15, n)
    p["saturation"] = rng.lognormal(np.log(120), 0.2, n)
    p["kinematic"] = rng.lognormal(np.log(15e3), 0.2, n)
    return p


def difference(got: Array, expected: Array) -> float:
    """Largest difference, relative to the largest expected value (while all are 0: absolute)."""
    scale = np.max(np.abs(expected))
    return float(np.max(np.abs(got - expected)) / (scale if scale > 0 else 1))


@dataclass
class Points:
    """The state of n material points, and where their tangent goes."""

    stress: Array
    state: Array
    tangent: Array

    @classmethod
    def virgin(cls, n: int, tangent: Array | None = None) -> "Points":
        return cls(np.zeros((n, 6)), np.zeros((n, 7)), np.zeros((n, 6, 6)) if tangent is None else tangent)

    def start_from(self, other: "Points") -> None:
        n = len(self.stress)
        self.stress[:], self.state[:] = other.stress[:n], other.state[:n]

    def difference(self, other: "Points") -> float:
        """Largest relative difference from the first points of `other`."""
        n = len(self.stress)
        return max(difference(self.stress, other.stress[:n]), difference(self.state, other.state[:n]),
                   difference(self.tangent, other.tangent[:n]))


@dataclass
class Competitor:
    """One way to update points; `seconds` has the CPU time of each step."""

    name: str
    update: Update
    points: Points
    turns: int = 1
    seconds: list[float] = field(default_factory=list)

    def nanoseconds(self) -> float:
        """Per point and step."""
        return 1e9 * sum(self.seconds) / (len(self.seconds) * len(self.points.stress))


def cpu_time(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def run_step(competitors: list[Competitor], before: Points, parameters: Records, dstrain: Array) -> None:
    """Let the competitors take turns at one step from the state `before`."""
    times: dict[str, list[float]] = {c.name: [] for c in competitors}
    for turn in range(max(c.turns for c in competitors)):
        order = competitors if turn % 2 == 0 else competitors[::-1]
        for c in order:
            if turn >= c.turns:
                continue
            n = len(c.points.stress)
            c.points.start_from(before)
            times[c.name].append(cpu_time(lambda c=c, n=n: c.update(parameters[:n], dstrain[:n], c.points)))
    for c in competitors:
        c.seconds.append(median(times[c.name]))


@dataclass
class Sample:
    """A few of the points, followed by the reference."""

    at: NDArray[np.intp]
    parameters: dict[str, Array]
    stress: Array
    state: Array
    worst: float = 0.0

    @classmethod
    def of(cls, parameters: Records, size: int) -> "Sample":
        at = np.random.default_rng(1).choice(len(parameters), min(size, len(parameters)), replace=False)
        chosen = {name: parameters[name][at] for name in parameters.dtype.names or ()}
        return cls(at, chosen, np.zeros((len(at), 6)), np.zeros((len(at), 7)))

    def step(self, dstrain: Array, points: Points) -> None:
        """Advance the reference and compare `points`, which have been advanced already."""
        tangent = reference.tangent(self.parameters, dstrain[self.at], self.stress, self.state)
        self.stress, self.state = reference.update(self.parameters, dstrain[self.at], self.stress, self.state)
        reached = Points(points.stress[self.at], points.state[self.at], points.tangent[self.at])
        self.worst = max(self.worst, reached.difference(Points(self.stress, self.state, tangent)))


def axial(stress: Array) -> Array:
    """What a uniaxial test measures: axial minus lateral stress."""
    return stress[..., 0] - stress[..., 1]


@dataclass
class Curves:
    """What the plot shows, gathered step by step; all curves start at rest."""

    strain: list[float] = field(default_factory=lambda: [0.0])
    mean: list[float] = field(default_factory=lambda: [0.0])
    low: list[float] = field(default_factory=lambda: [0.0])
    high: list[float] = field(default_factory=lambda: [0.0])
    single: list[float] = field(default_factory=lambda: [0.0])
    checked: list[float] = field(default_factory=lambda: [0.0])

    def add(self, dstrain: Array, points: Points, sample: Sample) -> None:
        values = axial(points.stress)
        low, high = np.percentile(values, (5, 95))
        self.strain.append(self.strain[-1] + float(dstrain[0, 0]))
        self.mean.append(float(values.mean()))
        self.low.append(float(low))
        self.high.append(float(high))
        self.single.append(float(values[sample.at[0]]))
        self.checked.append(float(axial(sample.stress)[0]))

    def draw(self, path: Path, n: int) -> None:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        strain = 100 * np.array(self.strain)
        figure, axes = pyplot.subplots(figsize=(8, 6), layout="constrained")
        for k in range(1, len(strain)):  # branch by branch: a loop covers a strain more than once
            axes.fill_between(strain[k - 1 : k + 1], self.low[k - 1 : k + 1], self.high[k - 1 : k + 1], color="#9ecae1",
                              alpha=0.35, linewidth=0, label="5 to 95 % of the points" if k == 1 else None)
        axes.plot(strain, self.mean, color="#08519c", linewidth=2, label=f"mean of {n:,} points (C, .batch)")
        axes.plot(strain, self.single, color="#d94801", linewidth=1.2, label="one of them")
        axes.plot(strain, self.checked, "o", color="#d94801", markersize=4, markerfacecolor="white",
                  label="the same point, NumPy reference")
        axes.set(xlabel="axial strain / %", ylabel="axial minus lateral stress / MPa",
                 title="Cyclic plasticity: isotropic (Voce) and kinematic hardening, scattered parameters")
        axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        axes.axvline(0, color="0.6", linewidth=0.6, zorder=0)
        axes.grid(alpha=0.25)
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        figure.savefig(path, dpi=150)
        pyplot.close(figure)


def row_by_row(material: ModuleType) -> Update:
    """The loop over single calls that .batch saves."""
    def update(parameters: Records, dstrain: Array, points: Points) -> None:
        stress, state, tangent = points.stress, points.state, points.tangent
        for i in range(len(stress)):
            material.j2_update(parameters[i], dstrain[i], stress[i], state[i], tangent=tangent[i])
    return update


def time_cross(crossing: ModuleType, loops: ModuleType, n: int) -> tuple[float, float]:
    """Nanoseconds per cross product: plain C loop, .batch."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, n, 3))
    c = np.empty((n, 3))
    expected = np.cross(a, b)
    times: dict[str, list[float]] = {"loop": [], "batch": []}
    work = {"loop": lambda: loops.cross_loop(a, b, c), "batch": lambda: crossing.cross.batch(a, b, c=c)}
    for turn in range(CROSS_TURNS):
        for name in ("loop", "batch") if turn % 2 == 0 else ("batch", "loop"):
            times[name].append(cpu_time(work[name]))
            if turn < 2:
                assert difference(c, expected) < LIMIT
                c[:] = np.nan
    return 1e9 * median(times["loop"]) / n, 1e9 * median(times["batch"]) / n


def print_table(competitors: list[Competitor], cross_times: tuple[float, float], n: int) -> None:
    head = f"{'CPU time, ns per point and step':34}{'points':>9}{'ns':>10}{'/ C loop':>10}"
    rule = "-" * len(head)
    print(f"\n{head}\n{rule}\nj2_update: stress, state and consistent tangent")
    base = competitors[0].nanoseconds()
    for c in competitors:
        print(f"  {c.name:32}{len(c.points.stress):9,}{c.nanoseconds():10.1f}{c.nanoseconds() / base:10.2f}")
    print("cross: one cross product")
    for name, value in zip(("plain C loop", ".batch"), cross_times, strict=True):
        print(f"  {name:32}{n:9,}{value:10.2f}{value / cross_times[0]:10.2f}")
    print(rule)
    print(f".batch / plain C loop: {competitors[1].nanoseconds() / base:.2f} for j2_update, "
          f"{cross_times[1] / cross_times[0]:.2f} for cross; the goal is at most 1.1\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Drive material points through cyclic strain.")
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--output", type=Path, default=HERE / "output", help="directory for the modules and the plot")
    options = parser.parse_args()
    n, output = options.points, options.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(output))
    started = time.perf_counter()

    material, crossing, loops = (build(source, output) for source in ("material.c", "cross.c", "plain_loops.c"))
    parameters = scattered_steel(material.j2_parameters, n)
    tangent = np.zeros((n, 6, 6))  # written by both, read by none: one is enough
    few, fewer = min(n, NUMPY_POINTS), min(n, CALL_POINTS)
    competitors = [
        Competitor("plain C loop", lambda p, d, x: loops.j2_loop(p, d, x.stress, x.state, x.tangent),
                   Points.virgin(n, tangent), TURNS),
        Competitor(".batch", lambda p, d, x: material.j2_update.batch(p, d, x.stress, x.state, tangent=x.tangent),
                   Points.virgin(n, tangent), TURNS),
        Competitor("Python loop over single calls", row_by_row(material), Points.virgin(fewer)),
        Competitor("vectorised NumPy", lambda p, d, x: vectorised.update(p, d, x.stress, x.state, x.tangent),
                   Points.virgin(few)),
    ]
    by_batch = competitors[1].points
    before, sample, curves = Points.virgin(n), Sample.of(parameters, SAMPLE_POINTS), Curves()

    agreement = 0.0
    for increment in tqdm(paths.isochoric(AMPLITUDE, options.steps, PERIOD), desc="cyclic strain", unit="step"):
        dstrain = np.tile(increment, (n, 1))
        run_step(competitors, before, parameters, dstrain)
        for c in competitors:
            agreement = max(agreement, c.points.difference(by_batch))
        sample.step(dstrain, by_batch)
        curves.add(dstrain, by_batch, sample)
        before.start_from(by_batch)

    print_table(competitors, time_cross(crossing, loops, n), n)
    print(f"checked: {len(sample.at)} points against the reference at each step, stress, state and tangent: "
          f"largest relative difference {sample.worst:.1e}")
    print(f"         all four ways against each other: {agreement:.1e}; the limit is {LIMIT:.0e}")
    picture = output / "hysteresis.png"
    curves.draw(picture, n)
    print(f"plot:    {picture}")
    print(f"wall time: {time.perf_counter() - started:.0f} s")
    if not (sample.worst < LIMIT and agreement < LIMIT):
        raise SystemExit("the results differ by more than the limit")


if __name__ == "__main__":
    main()
