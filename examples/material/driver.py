# SPDX-License-Identifier: BSD-3-Clause
"""Drive material.c along strain paths and compare each step with reference.py.

    tenon build material.c
    python driver.py
"""

from types import ModuleType

import numpy as np
import paths
import reference
from numpy.typing import NDArray

STEEL = {"young": 210e3, "poisson": 0.3, "yield": 250.0, "linear": 500.0, "saturation": 120.0, "rate": 40.0,
         "kinematic": 8e3}
"""In MPa, but for Poisson's ratio and the rate, which have no unit."""

LIMIT = 1e-10


def difference(got: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Largest difference, relative to the largest expected value."""
    return float(np.max(np.abs(got - expected)) / np.max(np.abs(expected)))


def differences(material: ModuleType, path: paths.Path) -> dict[str, float]:
    """The worst differences from the reference along a path."""
    stress, state = np.zeros(6), np.zeros(7)
    expected_stress, expected_state = stress.copy(), state.copy()
    names = ("stress", "alpha", "back stress", "tangent")
    got: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    expected: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for dstrain in path:
        tangent = material.j2_update(STEEL, dstrain, stress, state)
        expected_tangent = reference.tangent(STEEL, dstrain, expected_stress, expected_state)
        expected_stress, expected_state = reference.update(STEEL, dstrain, expected_stress, expected_state)
        collect(got, stress.copy(), state[:1].copy(), state[1:].copy(), tangent)
        collect(expected, expected_stress, expected_state[:1], expected_state[1:], expected_tangent)
    return {name: difference(np.array(got[name]), np.array(expected[name])) for name in names}


def collect(lists: dict[str, list[NDArray[np.float64]]], *values: NDArray[np.float64]) -> None:
    for entries, value in zip(lists.values(), values, strict=True):
        entries.append(value)


def uniaxial_stress(material: ModuleType, axial: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """Axial stress of a bar with free sides under axial strain increments, and the iterations each step took.

    The lateral strains follow from the tangent by Newton's method, as in a finite element code. That a step takes few
    iterations shows that the tangent is consistent.
    """
    stress, state = np.zeros(6), np.zeros(7)
    result, iterations = np.zeros(len(axial)), []
    free = slice(1, 6)
    for step, increment in enumerate(axial):
        dstrain = np.zeros(6)
        dstrain[0] = increment
        for taken in range(1, 20):
            new_stress, new_state = stress.copy(), state.copy()
            tangent = material.j2_update(STEEL, dstrain, new_stress, new_state)
            if np.max(np.abs(new_stress[free])) < 1e-9 * STEEL["yield"]:
                iterations.append(taken)
                break
            dstrain[free] -= np.linalg.solve(tangent[free, free], new_stress[free])
        else:
            raise ArithmeticError(f"no equilibrium in step {step}")
        stress, state = new_stress, new_state
        result[step] = stress[0]
    return result, iterations


def main() -> None:
    import material

    print(f"{'largest relative difference':42}{'stress':>10}{'alpha':>10}{'back st.':>10}{'tangent':>10}")
    worst = 0.0
    for name, path in paths.CHECKED.items():
        found = differences(material, path)
        print(f"{name:42}" + "".join(f"{value:10.1e}" for value in found.values()))
        worst = max(worst, *found.values())
    _, iterations = uniaxial_stress(material, np.diff(paths.cycle(0.01, 80, 40), prepend=0.0))
    print(f"bar with free sides: at most {max(iterations)} global iterations a step")
    if not worst < LIMIT:
        raise SystemExit(f"differs from the reference by {worst:.1e}, allowed are {LIMIT:.0e}")


if __name__ == "__main__":
    main()
