# SPDX-License-Identifier: BSD-3-Clause
"""The constitutive law of material.c once more, written from the equations and not from the C code.

Nothing is shared with material.c but the law: tensors are full 3x3 matrices instead of vectors of six, elasticity is a
fourth-order tensor with Lamé's constants instead of bulk and shear modulus, the flow rule is in von Mises equivalents
instead of norms, the consistency condition is bracketed by bisection before Newton refines it, and the tangent is not
derived at all: it is the complex-step derivative of the stress.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Array = NDArray[Any]  # real or complex
Parameters = Mapping[str, float | Real]

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Rows and columns of the components 11, 22, 33, 23, 13, 12."""

COMPLEX_STEP = 1e-30


def tensor(components: Array, shear_factor: float = 1.0) -> Array:
    """The 3x3 tensors of components [..., 6]; `shear_factor` 1/2 is for engineering strains."""
    result = np.zeros(components.shape[:-1] + (3, 3), components.dtype)
    for k, (i, j) in enumerate(VOIGT):
        factor = 1.0 if i == j else shear_factor
        result[..., i, j] = result[..., j, i] = factor * components[..., k]
    return result


def components(tensors: Array) -> Array:
    """The inverse of tensor(), for stresses."""
    return np.stack([tensors[..., i, j] for i, j in VOIGT], axis=-1)


def elasticity(parameters: Parameters) -> Real:
    """The isotropic elasticity tensor, [..., 3, 3, 3, 3]."""
    young, poisson = (np.asarray(parameters[name], float)[..., None, None, None, None] for name in ("young", "poisson"))
    mu = young / (2 * (1 + poisson))
    lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    one = np.eye(3)
    return (lame * np.einsum("ij,kl->ijkl", one, one)
            + mu * (np.einsum("ik,jl->ijkl", one, one) + np.einsum("il,jk->ijkl", one, one)))


def flow_stress(parameters: Parameters, alpha: Array) -> Array:
    """Yield stress in uniaxial tension after an equivalent plastic strain of alpha."""
    p = parameters
    return p["yield"] + p["linear"] * alpha + p["saturation"] * (1 - np.exp(-p["rate"] * alpha))


def flow_slope(parameters: Parameters, alpha: Array) -> Array:
    """Derivative of flow_stress."""
    p = parameters
    return p["linear"] + p["saturation"] * p["rate"] * np.exp(-p["rate"] * alpha)


def plastic_increment(parameters: Parameters, trial: Array, alpha: Array) -> Array:
    """The increment of alpha that brings the von Mises stress `trial` back to the yield surface; 0 inside it."""
    shear = np.asarray(parameters["young"]) / (2 * (1 + np.asarray(parameters["poisson"])))
    stiffness = 3 * shear + parameters["kinematic"]

    def excess(step: Array) -> Array:
        return trial - stiffness * step - flow_stress(parameters, alpha + step)

    low, high = np.zeros(trial.shape), np.broadcast_to(trial.real / stiffness, trial.shape)
    for _ in range(40):
        middle = (low + high) / 2
        outside = excess(middle).real > 0
        low, high = np.where(outside, middle, low), np.where(outside, high, middle)
    step = ((low + high) / 2).astype(trial.dtype)
    for _ in range(4):  # the imaginary part follows the real one by a step
        step = step + excess(step) / (stiffness + flow_slope(parameters, alpha + step))
    return np.where(excess(np.zeros(trial.shape)).real > 0, step, 0)


def update(parameters: Parameters, dstrain: Array, stress: Array, state: Array) -> tuple[Array, Array]:
    """Stress [..., 6] and state [..., 7] after an increment. Arguments may be complex; none is changed."""
    alpha, back = state[..., 0], tensor(state[..., 1:])
    shear = np.asarray(parameters["young"]) / (2 * (1 + np.asarray(parameters["poisson"])))
    trial = tensor(stress) + np.einsum("...ijkl,...kl->...ij", elasticity(parameters), tensor(dstrain, 0.5))
    deviator = trial - np.eye(3) * (np.trace(trial, axis1=-2, axis2=-1) / 3)[..., None, None]
    relative = deviator - back
    mises = np.sqrt(1.5 * np.sum(relative * relative, axis=(-2, -1)))
    step = plastic_increment(parameters, mises, alpha)
    safe = np.where(mises == 0, 1, mises)
    direction = 1.5 * relative / safe[..., None, None]  # d plastic strain = step * direction
    flow = step[..., None, None] * direction
    kinematic = np.asarray(parameters["kinematic"])[..., None, None]
    new_stress = trial - 2 * shear[..., None, None] * flow
    new_back = back + 2 / 3 * kinematic * flow
    new_state = np.concatenate([(alpha + step)[..., None], components(new_back)], axis=-1)
    return components(new_stress), new_state


def tangent(parameters: Parameters, dstrain: Array, stress: Array, state: Array) -> Real:
    """d stress[..., i] / d dstrain[..., j], exact to rounding."""
    columns = []
    for j in range(6):
        disturbed = dstrain.astype(complex)
        disturbed[..., j] += 1j * COMPLEX_STEP
        columns.append(update(parameters, disturbed, stress, state)[0].imag / COMPLEX_STEP)
    return np.stack(columns, axis=-1)
