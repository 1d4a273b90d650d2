# SPDX-License-Identifier: BSD-3-Clause
"""examples/material: the C model against the independent reference, and the properties any such model must have."""

import subprocess
import sys

import numpy as np
import pytest

import tenon

FINITE_STEP = 1e-7


@pytest.fixture(scope="module")
def material(example):
    return example("material").load("material")


@pytest.fixture(scope="module")
def driver(example, material):
    return example("material").load("driver")


@pytest.fixture(scope="module")
def paths(example):
    return example("material").load("paths")


@pytest.fixture
def steel(driver):
    return dict(driver.STEEL)


def virgin(*shape):
    return np.zeros((*shape, 6)), np.zeros((*shape, 7))


def yielded(material, steel):
    """A point that has flowed in a direction without any symmetry, and an increment that goes on with it."""
    stress, state = virgin()
    dstrain = np.array([0.004, -0.001, -0.002, 0.003, -0.002, 0.005])
    for _ in range(3):
        material.j2_update(steel, dstrain, stress, state)
    return 0.3 * dstrain + 1e-4, stress, state


def test_the_commands_of_the_readme_report_small_differences(example):
    assert "largest relative difference" in example("material").output


def test_the_sessions_of_the_readme_run_as_printed(example):
    assert example("material").run_sessions() > 10


PATHS = ["tension and compression, constant volume", "tension and compression, sides held", "shear",
         "circle of tension and torsion", "random walk"]


@pytest.mark.parametrize("name", PATHS)
def test_every_path_agrees_with_the_reference_to_1e_minus_10(driver, paths, material, name):
    found = driver.differences(material, paths.CHECKED[name])
    assert set(found) == {"stress", "alpha", "back stress", "tangent"}
    assert max(found.values()) < 1e-10


def test_every_path_that_the_driver_checks_is_tested_here(paths):
    assert list(paths.CHECKED) == PATHS


def test_the_tangent_is_the_derivative_of_the_stress(material, steel):
    dstrain, stress, state = yielded(material, steel)
    tangent = material.j2_update(steel, dstrain, stress.copy(), state.copy())
    for j in range(6):
        sides = []
        for sign in (1, -1):
            disturbed, new_stress = dstrain.copy(), stress.copy()
            disturbed[j] += sign * FINITE_STEP
            material.j2_update(steel, disturbed, new_stress, state.copy())
            sides.append(new_stress)
        derivative = (sides[0] - sides[1]) / (2 * FINITE_STEP)
        np.testing.assert_allclose(tangent[:, j], derivative, rtol=1e-6, atol=1e-6 * steel["young"])


def test_the_tangent_is_symmetric_and_softer_than_elasticity(material, steel):
    dstrain, stress, state = yielded(material, steel)
    elastic = material.j2_update(steel, np.full(6, 1e-9), *virgin())
    tangent = material.j2_update(steel, dstrain, stress, state)
    np.testing.assert_allclose(tangent, tangent.T, rtol=1e-12, atol=1e-9 * steel["young"])
    difference = np.linalg.eigvalsh(elastic - tangent)
    assert difference.min() > -1e-9 * steel["young"] and difference.max() > 0.1 * steel["young"]


def test_the_stress_lies_on_the_yield_surface_after_flow(material, steel):
    dstrain, stress, state = yielded(material, steel)
    material.j2_update(steel, dstrain, stress, state)
    relative = stress - state[1:]
    relative[:3] -= stress[:3].mean()
    mises = np.sqrt(1.5 * (relative**2 @ [1, 1, 1, 2, 2, 2]))
    flow = steel["yield"] + steel["linear"] * state[0] + steel["saturation"] * (1 - np.exp(-steel["rate"] * state[0]))
    assert mises == pytest.approx(flow, rel=1e-12)


def test_plastic_flow_keeps_the_volume(material, steel):
    stress, state = virgin()
    dstrain = np.array([0.02, 0.01, -0.005, 0.01, 0, 0.02])
    material.j2_update(steel, dstrain, stress, state)
    bulk = steel["young"] / (3 * (1 - 2 * steel["poisson"]))
    assert stress[:3].mean() == pytest.approx(bulk * dstrain[:3].sum(), rel=1e-12)
    assert abs(state[1:4].sum()) < 1e-10


def test_small_strains_are_elastic_and_leave_no_state(material, steel):
    stress, state = virgin()
    dstrain = np.array([1e-4, 0, 0, 0, 0, 2e-4])
    tangent = material.j2_update(steel, dstrain, stress, state)
    lame = steel["young"] * steel["poisson"] / ((1 + steel["poisson"]) * (1 - 2 * steel["poisson"]))
    shear = steel["young"] / (2 * (1 + steel["poisson"]))
    expected = [(lame + 2 * shear) * 1e-4, lame * 1e-4, lame * 1e-4, 0, 0, shear * 2e-4]
    np.testing.assert_allclose(stress, expected, rtol=1e-12)
    np.testing.assert_allclose(tangent @ dstrain, expected, rtol=1e-12, atol=1e-12)
    assert not state.any()


def test_a_bar_with_free_sides_finds_equilibrium_in_few_iterations(driver, paths, material, steel):
    stress, iterations = driver.uniaxial_stress(material, np.diff(paths.cycle(0.01, 80, 40), prepend=0.0))
    assert max(iterations) <= 4
    assert stress.max() > steel["yield"] and stress.min() < -steel["yield"]


def test_a_batch_is_the_same_as_single_calls(material, steel, paths):
    n, path = 17, paths.wander(0.003, 20, seed=3)
    stress, state = virgin(n)
    expected_stress, expected_state = virgin(n)
    tangent, expected_tangent = np.empty((n, 6, 6)), np.empty((n, 6, 6))
    parameters = np.zeros(n, material.j2_parameters)
    for name, value in steel.items():
        parameters[name] = value
    parameters["yield"] *= np.linspace(0.5, 2, n)
    for dstrain in path:
        assert material.j2_update.batch(parameters, dstrain, stress, state, tangent=tangent) is tangent
        for i in range(n):
            material.j2_update(parameters[i], dstrain, expected_stress[i], expected_state[i],
                               tangent=expected_tangent[i])
        np.testing.assert_array_equal(stress, expected_stress)
        np.testing.assert_array_equal(state, expected_state)
        np.testing.assert_array_equal(tangent, expected_tangent)


FAILURES = [
    ("NaN in the strain", {}, np.nan, 1, "did not converge"),
    ("softening faster than elastic unloading", {"linear": -1e6}, 0.01, 1, "did not converge"),
    ("a yield stress of zero", {"yield": 0.0}, 0.01, 2, "must be positive"),
    ("an incompressible solid", {"poisson": 0.5}, 0.01, 2, "must be positive"),
]


@pytest.mark.parametrize(("changed", "strain", "code", "text"), [case[1:] for case in FAILURES],
                         ids=[case[0] for case in FAILURES])
def test_failure_is_an_error_that_leaves_stress_and_state(material, steel, changed, strain, code, text):
    stress, state = np.full(6, 7.0), np.zeros(7)
    with pytest.raises(tenon.CallError, match=text) as caught:
        material.j2_update(steel | changed, np.array([strain, 0, 0, 0, 0, 0]), stress, state)
    assert caught.value.code == code
    assert (stress == 7).all() and not state.any()


def test_a_batch_names_the_point_that_failed(material, steel):
    stress, state = virgin(3, 4)
    dstrain = np.zeros((3, 4, 6))
    dstrain[2, 1, 0] = np.nan
    with pytest.raises(tenon.CallError, match=r"\(2, 1\)"):
        material.j2_update.batch(steel, dstrain, stress, state)


@pytest.mark.parametrize("name", ["stress", "state"])
def test_what_is_written_may_not_be_read_only(material, steel, name):
    arrays = dict(zip(("stress", "state"), virgin(), strict=True))
    arrays[name].flags.writeable = False
    with pytest.raises(ValueError, match=f"{name} is read-only"):
        material.j2_update(steel, np.zeros(6), **arrays)


def test_the_demo_checks_itself_draws_the_plot_and_prints_the_table(example, tmp_path):
    command = [sys.executable, "demo.py", "--points", "2000", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=example("material").folder, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    ways = ("plain C loop", "  .batch", "Python loop over single calls", "vectorised NumPy")
    for text in (*ways, ".batch / plain C loop:"):
        assert text in done.stdout
    assert "cyclic strain" in done.stderr, "the progress bar"
    assert (tmp_path / "hysteresis.png").read_bytes().startswith(b"\x89PNG")
