# SPDX-License-Identifier: BSD-3-Clause
"""Strain paths: arrays of increments [steps, 6] in the order 11, 22, 33, 23, 13, 12 with engineering shear strains."""

import numpy as np
from numpy.typing import NDArray

Path = NDArray[np.float64]


def cycle(amplitude: float, steps: int, period: int) -> NDArray[np.float64]:
    """A triangular wave that starts at 0 and takes `period` steps from peak to peak: its values after each step."""
    phase = np.arange(1, steps + 1) / period
    wave: NDArray[np.float64] = 4 * np.abs((phase - 0.25) % 1 - 0.5) - 1
    return amplitude * wave


def along(direction: tuple[float, ...], values: NDArray[np.float64]) -> Path:
    """Increments of a strain that keeps one direction."""
    return np.diff(values, prepend=0.0)[:, None] * np.array(direction)


def isochoric(amplitude: float, steps: int, period: int) -> Path:
    """Tension and compression along axis 1 at constant volume."""
    return along((1, -0.5, -0.5, 0, 0, 0), cycle(amplitude, steps, period))


def uniaxial_strain(amplitude: float, steps: int, period: int) -> Path:
    """Tension and compression along axis 1 with the sides held: the pressure rises, too."""
    return along((1, 0, 0, 0, 0, 0), cycle(amplitude, steps, period))


def shear(amplitude: float, steps: int, period: int) -> Path:
    """Cyclic simple shear in the plane of axes 1 and 2."""
    return along((0, 0, 0, 0, 0, 1), cycle(amplitude, steps, period))


def circle(amplitude: float, steps: int, period: int) -> Path:
    """Tension and torsion 90 degrees out of phase: the direction of flow turns all the time."""
    angle = 2 * np.pi * np.arange(1, steps + 1) / period
    tension = amplitude * np.cos(angle)
    torsion = np.sqrt(3) * amplitude * np.sin(angle)
    strain = tension[:, None] * np.array([1, -0.3, -0.3, 0, 0, 0]) + torsion[:, None] * np.array([0, 0, 0, 0, 0, 1])
    return np.diff(strain, axis=0, prepend=np.zeros((1, 6)))


def wander(amplitude: float, steps: int, seed: int) -> Path:
    """A random walk of all six components."""
    return np.random.default_rng(seed).normal(scale=amplitude, size=(steps, 6))


CHECKED: dict[str, Path] = {
    "tension and compression, constant volume": isochoric(0.01, 120, 40),
    "tension and compression, sides held": uniaxial_strain(0.01, 120, 40),
    "shear": shear(0.02, 120, 40),
    "circle of tension and torsion": circle(0.008, 180, 60),
    "random walk": wander(0.003, 200, seed=7),
}
