/* SPDX-License-Identifier: BSD-3-Clause */
/* J2 (von Mises) plasticity at small strains with combined isotropic and kinematic hardening.
 *
 * Notation. Stresses and strains are vectors of six components in the order 11, 22, 33, 23, 13, 12. Shear strains are
 * engineering strains (gamma_12 = 2 epsilon_12); stresses and back stresses are tensor components. The tangent maps
 * engineering strain increments to stress increments: tangent[i][j] = d stress[i] / d dstrain[j].
 *
 *     yield function     f = |dev(stress) - back stress| - sqrt(2/3) * flow stress,   |x|^2 = x : x
 *     flow stress        yield + linear * alpha + saturation * (1 - exp(-rate * alpha))
 *     flow rule          d plastic strain = dgamma * n,  n = (dev(stress) - back stress) / |dev(stress) - back stress|
 *     hardening          d alpha = sqrt(2/3) * dgamma,   d back stress = 2/3 * kinematic * dgamma * n
 *
 * The algorithm is the radial return of J. C. Simo and T. J. R. Hughes, Computational Inelasticity, Springer 1998,
 * chapter 3: backward Euler, a local Newton iteration for dgamma, and the tangent that is consistent with both
 * (boxes 3.1 and 3.2).
 */
#include <math.h>

static const double SQRT_2_3 = 0.81649658092772603; /* sqrt(2/3) */
static const double TOLERANCE = 1e-13;              /* of the consistency condition, relative to the trial stress */

enum {
    MAX_ITERATIONS = 25, /* 3 to 6 are usual */
    J2_NSTATE = 7,       /* internal variables of a point: */
    J2_ALPHA = 0,        /* equivalent plastic strain */
    J2_BACK_STRESS = 1   /* first of the six components of the back stress */
};

typedef struct j2_parameters {
    double young;      /* Young's modulus */
    double poisson;    /* Poisson's ratio */
    double yield;      /* initial yield stress in uniaxial tension */
    double linear;     /* isotropic hardening: slope that remains when the rest is saturated */
    double saturation; /* isotropic hardening: rise of the flow stress at saturation (Voce) */
    double rate;       /* isotropic hardening: how fast it saturates with alpha (Voce) */
    double kinematic;  /* kinematic hardening modulus (Prager) */
} j2_parameters;

static double trace(const double x[6])
{
    return x[0] + x[1] + x[2];
}

/* The norm of a symmetric tensor given by its components, not by engineering strains. */
static double norm(const double x[6])
{
    return sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + 2 * (x[3] * x[3] + x[4] * x[4] + x[5] * x[5]));
}

static int are_sound(const j2_parameters *p)
{
    return p->young > 0 && p->poisson > -1 && p->poisson < 0.5 && p->yield > 0;
}

/* Flow stress at `alpha`, and its slope. */
static double flow_stress(const j2_parameters *p, double alpha, double *slope)
{
    const double unsaturated = p->saturation * exp(-p->rate * alpha);
    *slope = p->linear + p->rate * unsaturated;
    return p->yield + p->linear * alpha + p->saturation - unsaturated;
}

/* Solve |xi| - (2G + 2/3 kinematic) dgamma - sqrt(2/3) flow_stress(alpha + sqrt(2/3) dgamma) = 0 for dgamma > 0.
 *
 * `slope` enters as the slope of the flow stress at `alpha` and leaves as the slope at the solution, `residual` enters
 * as the value at dgamma = 0. While the material hardens the function is convex and falls, so that Newton's iteration
 * approaches the root from one side. Returns 0, or 1 if it did not converge. */
static int solve_consistency(const j2_parameters *p, double shear, double xi, double alpha, double residual,
                             double *slope, double *dgamma)
{
    *dgamma = 0;
    for (int i = 0; i < MAX_ITERATIONS; i++) {
        const double descent = 2 * shear + 2. / 3. * (p->kinematic + *slope);
        if (!(descent > 0))
            return 1;
        *dgamma += residual / descent;
        const double flow = flow_stress(p, alpha + SQRT_2_3 * *dgamma, slope);
        residual = xi - (2 * shear + 2. / 3. * p->kinematic) * *dgamma - SQRT_2_3 * flow;
        if (fabs(residual) <= TOLERANCE * xi)
            return *dgamma < 0;
    }
    return 1;
}

/* bulk 1(x)1 + a (I - 1/3 1(x)1) - b n(x)n. The shear diagonal of I is 1/2: shear strains are engineering strains. */
static void fill_tangent(double bulk, double a, double b, const double n[6], double tangent[6][6])
{
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++)
            tangent[i][j] = -b * n[i] * n[j];
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            tangent[i][j] += bulk - a / 3;
        tangent[i][i] += a;
        tangent[i + 3][i + 3] += a / 2;
    }
}

/** Advance one material point by one strain increment.
 *
 * Stress and state are updated in place. If it fails, they are left as they were.
 *
 * @param p        material parameters, one set for all points or one for each
 * @param dstrain  strain increment; components 11, 22, 33, 23, 13, 12, engineering shear strains
 * @param[in,out] stress   stress, same order
 * @param[in,out] state    equivalent plastic strain alpha, then the six components of the back stress
 * @param[out] tangent     consistent tangent, tangent[i][j] = d stress[i] / d dstrain[j]
 * @throws 1 the local iteration did not converge
 * @throws 2 young and yield must be positive, and poisson between -1 and 0.5
 * @threadsafe
 */
int j2_update(const j2_parameters *p, const double dstrain[6], double stress[6], double state[J2_NSTATE],
              double tangent[6][6])
{
    if (!are_sound(p))
        return 2;

    const double shear = p->young / (2 * (1 + p->poisson));
    const double bulk = p->young / (3 * (1 - 2 * p->poisson));
    const double alpha = state[J2_ALPHA];
    double *back = state + J2_BACK_STRESS;

    /* Elastic trial: pressure and deviator apart, and the deviator relative to the back stress. */
    const double dvolume = trace(dstrain), mean = trace(stress) / 3;
    const double trial_mean = mean + bulk * dvolume;
    double trial[6], relative[6];
    for (int i = 0; i < 3; i++) {
        trial[i] = stress[i] - mean + 2 * shear * (dstrain[i] - dvolume / 3);
        trial[i + 3] = stress[i + 3] + shear * dstrain[i + 3];
    }
    for (int i = 0; i < 6; i++)
        relative[i] = trial[i] - back[i];

    double slope, dgamma = 0, xi = norm(relative), n[6] = {0};
    double theta = 1, theta_bar = 0; /* elastic */
    const double residual = xi - SQRT_2_3 * flow_stress(p, alpha, &slope);
    const int is_elastic = residual <= TOLERANCE * xi; /* false for NaN, which the iteration then reports */
    if (!is_elastic) {
        if (solve_consistency(p, shear, xi, alpha, residual, &slope, &dgamma))
            return 1;
        theta = 1 - 2 * shear * dgamma / xi;
        theta_bar = 1 / (1 + (slope + p->kinematic) / (3 * shear)) - (1 - theta);
        for (int i = 0; i < 6; i++)
            n[i] = relative[i] / xi;
    }

    for (int i = 0; i < 6; i++) {
        stress[i] = trial[i] - 2 * shear * dgamma * n[i] + (i < 3 ? trial_mean : 0);
        back[i] += 2. / 3. * p->kinematic * dgamma * n[i];
    }
    state[J2_ALPHA] = alpha + SQRT_2_3 * dgamma;
    fill_tangent(bulk, 2 * shear * theta, 2 * shear * theta_bar, n, tangent);
    return 0;
}
