# SPDX-License-Identifier: BSD-3-Clause
"""The law of material.c as one would write it in NumPy for speed: all points at once, only those that yield iterate."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Parameters = Mapping[str, Real] | NDArray[np.void]

SQRT_2_3 = np.sqrt(2 / 3)
NORM_WEIGHTS = np.array([1.0, 1, 1, 2, 2, 2])
ONE = np.array([1.0, 1, 1, 0, 0, 0])
DEVIATORIC = np.diag([1, 1, 1, 0.5, 0.5, 0.5]) - np.outer(ONE, ONE) / 3
VOLUMETRIC = np.outer(ONE, ONE)


def update(parameters: Parameters, dstrain: Real, stress: Real, state: Real, tangent: Real) -> None:
    """Advance n points: dstrain [n, 6]; stress [n, 6] and state [n, 7] in place; tangent [n, 6, 6] is filled."""
    p = parameters
    n = len(dstrain)
    shear = np.broadcast_to(p["young"] / (2 * (1 + p["poisson"])), n)
    bulk = np.broadcast_to(p["young"] / (3 * (1 - 2 * p["poisson"])), n)

    dvolume, mean = dstrain[:, :3].sum(axis=1), stress[:, :3].sum(axis=1) / 3
    stress[:, :3] += 2 * shear[:, None] * (dstrain[:, :3] - dvolume[:, None] / 3) - mean[:, None]
    stress[:, 3:] += shear[:, None] * dstrain[:, 3:]
    relative = stress - state[:, 1:]
    xi = np.sqrt(relative**2 @ NORM_WEIGHTS)
    flow = p["yield"] + p["linear"] * state[:, 0] + p["saturation"] * (1 - np.exp(-p["rate"] * state[:, 0]))

    np.multiply(bulk[:, None, None], VOLUMETRIC, out=tangent)
    theta = np.ones(n)
    yields = np.flatnonzero(xi - SQRT_2_3 * flow > 1e-13 * xi)
    if len(yields):
        normal = relative[yields] / xi[yields, None]
        theta[yields] = _return(p, yields, shear[yields], normal, xi[yields], stress, state, tangent)
    tangent += (2 * shear * theta)[:, None, None] * DEVIATORIC
    stress[:, :3] += (mean + bulk * dvolume)[:, None]


def _return(p: Parameters, at: NDArray[np.intp], shear: Real, normal: Real, xi: Real, stress: Real, state: Real,
            tangent: Real) -> Real:
    """Return the points `at` to the yield surface; gives theta of the tangent."""
    def of(name: str) -> Real:
        return np.broadcast_to(p[name], len(state))[at]

    yield_, linear, saturation, rate, kinematic = map(of, ("yield", "linear", "saturation", "rate", "kinematic"))
    alpha, dgamma = state[at, 0], np.zeros(len(at))
    for _ in range(25):
        unsaturated = saturation * np.exp(-rate * (alpha + SQRT_2_3 * dgamma))
        slope = linear + rate * unsaturated
        flow = yield_ + linear * (alpha + SQRT_2_3 * dgamma) + saturation - unsaturated
        residual = xi - (2 * shear + 2 / 3 * kinematic) * dgamma - SQRT_2_3 * flow
        if np.all(np.abs(residual) <= 1e-13 * xi):
            break
        dgamma += residual / (2 * shear + 2 / 3 * (kinematic + slope))
    else:
        raise ArithmeticError("the local iteration did not converge")

    stress[at] -= (2 * shear * dgamma)[:, None] * normal
    state[at, 0] += SQRT_2_3 * dgamma
    state[at, 1:] += (2 / 3 * kinematic * dgamma)[:, None] * normal
    theta = 1 - 2 * shear * dgamma / xi
    theta_bar = 1 / (1 + (slope + kinematic) / (3 * shear)) - (1 - theta)
    tangent[at] -= (2 * shear * theta_bar)[:, None, None] * normal[:, :, None] * normal[:, None, :]
    return theta
