/* Formulas of the model over blocks of 256 draws, in plain C (MODEL 2-7). */

#include <stdint.h>
#include <string.h>

#define N 256
#define NAN (__builtin_nan(""))
#define EACH for (int j = 0; j < N; j++)
#define FORMULA static __attribute__((noinline)) void

typedef double *restrict Out;
typedef const double *restrict In;
typedef uint64_t Words __attribute__((vector_size(64)));
typedef int64_t Masks __attribute__((vector_size(64)));
typedef double Doubles __attribute__((vector_size(64)));

/* Declared here and not by math.h, whose vector versions need the promise that no NaN occurs. */
__attribute__((simd("notinbranch"), const)) double exp(double);
__attribute__((simd("notinbranch"), const)) double log(double);
__attribute__((const)) double sqrt(double);
__attribute__((const)) double erfc(double);

static inline double larger(double a, double b) { return a > b ? a : b; }
static inline double smaller(double a, double b) { return a < b ? a : b; }
static inline double split(double z, double above, double below)
{
    return z * (z >= 0.0 ? above : below);
}

/* --- random numbers: xoshiro256+, eight generators side by side ------------------------------ */

typedef struct { Words s[4]; } Generator;

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static Generator seeded(uint64_t seed)
{
    Generator g;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 8; k++)
            g.s[i][k] = splitmix(&seed);
    return g;
}

FORMULA uniform(Out o, Generator *restrict g)
{
    Words a = g->s[0], b = g->s[1], c = g->s[2], d = g->s[3];
    for (int j = 0; j < N; j += 8) {
        Words word = a + d, t = b << 17;
        c ^= a; d ^= b; b ^= c; a ^= d; c ^= t;
        d = (d << 45) | (d >> 19);
        Doubles u = (Doubles)((word >> 12) | 0x3ff0000000000000u) - (1.0 - 0x1p-53);
        memcpy(o + j, &u, sizeof u);
    }
    g->s[0] = a; g->s[1] = b; g->s[2] = c; g->s[3] = d;
}

/* Piecewise cubic in p = min(u, 1 - u), 64 pieces an octave, four coefficients each. */
static const double *quantiles;
void set_quantiles(const double *table) { quantiles = table; }

FORMULA normal_of_uniform(Out o, In u)
{
    const double *restrict table = quantiles;
    EACH {
        double p = smaller(u[j], 1.0 - u[j]);
        p = larger(p, 0x1p-53);
        int64_t bits, edge_bits;
        double edge;
        memcpy(&bits, &p, 8);
        edge_bits = (bits | ((INT64_C(1) << 46) - 1)) + 1;
        memcpy(&edge, &edge_bits, 8);
        int64_t at = 4 * ((bits >> 46) - ((INT64_C(1023) - 53) << 6));
        double t = p - edge;
        double z = table[at] + t * (table[at + 1] + t * (table[at + 2] + t * table[at + 3]));
        o[j] = u[j] > 0.5 ? -z : z;
    }
}

static void normal(double *o, Generator *g)
{
    double u[N] __attribute__((aligned(64)));
    uniform(u, g);
    normal_of_uniform(o, u);
}

FORMULA normal_cdf(Out o, In z) { EACH o[j] = 0.5 * erfc(-z[j] * 0.70710678118654752440); }

/* --- marginals ------------------------------------------------------------------------------- */

FORMULA constant(Out o, double value) { EACH o[j] = value; }
FORMULA uniform_between(Out o, In u, double low, double width) { EACH o[j] = low + u[j] * width; }
FORMULA normal_about(Out o, In z, double mean, double sd) { EACH o[j] = mean + sd * z[j]; }
FORMULA lognormal(Out o, In z, double mu, double sigma, double factor)
{
    EACH o[j] = factor * exp(mu + sigma * z[j]);
}
FORMULA split_lognormal(Out o, In z, double median, double below, double above)
{
    EACH o[j] = median * exp(split(z[j], above, below));
}
FORMULA triangular(Out o, In u, double low, double high, double at, double left, double right)
{
    EACH {
        double distance = sqrt(u[j] < at ? u[j] * left : (1.0 - u[j]) * right);
        o[j] = u[j] < at ? low + distance : high - distance;
    }
}
FORMULA discrete(Out o, In u, int count, const double *thresholds, const double *values)
{
    EACH o[j] = values[0];
    for (int k = 1; k < count; k++)
        EACH o[j] = u[j] >= thresholds[k - 1] ? values[k] : o[j];
}

FORMULA tabulated(Out o, In u, const double *restrict table, int64_t other)
{
    EACH {
        double p = larger(smaller(u[j], 1.0 - u[j]), 0x1p-53);
        int64_t bits, edge_bits;
        double edge;
        memcpy(&bits, &p, 8);
        edge_bits = (bits | ((INT64_C(1) << 46) - 1)) + 1;
        memcpy(&edge, &edge_bits, 8);
        int64_t at = 4 * ((bits >> 46) - ((INT64_C(1023) - 53) << 6)) + (u[j] > 0.5 ? other : 0);
        double t = p - edge;
        o[j] = table[at] + t * (table[at + 1] + t * (table[at + 2] + t * table[at + 3]));
    }
}

/* --- arithmetic and finance ------------------------------------------------------------------ */

FORMULA product(Out o, In a, In b) { EACH o[j] = a[j] * b[j]; }
FORMULA sum(Out o, In a, In b) { EACH o[j] = a[j] + b[j]; }
FORMULA difference(Out o, In a, In b) { EACH o[j] = a[j] - b[j]; }
FORMULA quotient(Out o, In a, In b) { EACH o[j] = a[j] / b[j]; }
FORMULA scaled(Out o, In a, double factor) { EACH o[j] = factor * a[j]; }
FORMULA smaller_of(Out o, In a, In b) { EACH o[j] = smaller(a[j], b[j]); }
FORMULA scaled_onto(Out o, In a, double factor) { EACH o[j] += factor * a[j]; }
FORMULA product_onto(Out o, In a, In b, double sign) { EACH o[j] += sign * a[j] * b[j]; }

FORMULA capital_recovery(Out o, In wacc, In risk, double n)
{
    EACH {
        double w = wacc[j] + risk[j], growth = n * log(1.0 + w);
        double series = (1.0 + w * (n + 1.0) / 2.0 + w * w * (n * n - 1.0) / 12.0) / n;
        double plain = w / (1.0 - exp(-growth));
        o[j] = growth < 1e-4 && growth > -1e-4 ? series : plain;
    }
}
FORMULA log_growth(Out o, In rate) { EACH o[j] = log(1.0 + rate[j]); }
FORMULA discounted(Out o, In value, In log_rate, In t)
{
    if (t[0] == 0.0)
        return;
    for (double n = t[1]; n <= t[2]; n++)
        EACH o[j] += t[0] * value[j] * exp(-n * log_rate[j]);
}
FORMULA flat(Out o, In value, In t)
{
    EACH o[j] += t[0] * (t[2] - t[1] + 1.0) * value[j];
}

/* --- prices and policy ----------------------------------------------------------------------- */

FORMULA decay(Out o, In kappa) { EACH o[j] = exp(-kappa[j]); }
FORMULA step_spread(Out o, In sigma, In kappa)
{
    EACH {
        double x = 2.0 * kappa[j];
        double series = 1.0 - x / 2.0 + x * x / 6.0 - x * x * x / 24.0;
        double plain = (1.0 - exp(-x)) / (x > 0.0 ? x : 1.0);
        o[j] = sigma[j] * sqrt(x < 1e-3 ? series : plain);
    }
}
FORMULA advance(Out deviation, In decay, In spread, In noise)
{
    EACH deviation[j] = deviation[j] * decay[j] + spread[j] * noise[j];
}
FORMULA spread_out(Out variance, In decay, In spread)
{
    EACH variance[j] = decay[j] * decay[j] * variance[j] + spread[j] * spread[j];
}
FORMULA log_price(Out o, In z, In carry, In deviation, In t)
{
    const double centre = t[0] - t[3], above = t[1], below = t[2], since = t[6];
    EACH o[j] = centre + split(z[j], above, below) + carry[j] * since + deviation[j];
}
FORMULA tighten(Out o, In occurs, In start, In strength, double ramp, double year)
{
    EACH {
        double share = year >= start[j] ? 1.0 : 0.0;
        if (ramp > 0.0)
            share = smaller(1.0, larger(0.0, (year - start[j]) / ramp));
        o[j] += occurs[j] * strength[j] * share;
    }
}
FORMULA price(Out o, double floor, double ceiling)
{
    EACH o[j] = smaller(larger(exp(o[j]), floor), ceiling);
}
static void path(double *o, const double *z, const double *decay, const double *spread,
                 const double *first_spread, const double *carry, const double *occurs,
                 const double *start, const double *strength, const double *lift,
                 const double *e, double *deviation, double *variance, const double *jumped,
                 double noisy, double centred, double ramp, double first, double lifted,
                 double steps, double jumping, const double *t, double year)
{
    if (t[6] <= 0.0) {
        constant(o, exp(t[0]));
        return;
    }
    const double *step = year == first ? first_spread : spread;
    if (noisy > 0.0)
        advance(deviation, decay, step, e);
    log_price(o, z, carry, deviation, t);
    if (noisy > 0.0 && centred > 0.0) {
        spread_out(variance, decay, step);
        scaled_onto(o, variance, -0.5);
    }
    if (ramp >= 0.0)
        tighten(o, occurs, start, strength, ramp, year);
    if (lifted > 0.0)
        scaled_onto(o, lift, 1.0);
    price(o, t[4], t[5]);
}
FORMULA response(Out o, In p, In above, In exponent_above, In below, In exponent_below,
                 In backstop, In t)
{
    EACH {
        double high = t[0] * above[j], low = t[1] * below[j];
        double from = p[j] > high ? high : p[j] < low ? low : p[j];
        double exponent = p[j] > high ? exponent_above[j] : exponent_below[j];
        double answer = p[j] == from ? p[j] : from * exp(exponent * log(p[j] / from));
        o[j] = smaller(larger(smaller(answer, backstop[j]), t[2]), t[3]);
    }
}
FORMULA at_bound(Out o, In p, In backstop, In t)
{
    EACH o[j] = p[j] >= backstop[j] || p[j] >= t[1] || p[j] <= t[0] ? 1.0 : 0.0;
}
FORMULA where(Out o, In value, In label, double wanted)
{
    EACH o[j] = label[j] == wanted ? value[j] : NAN;
}
FORMULA labelled(Out o, In value, In label) { EACH o[j] = value[j] <= 0.0 ? label[j] : NAN; }
FORMULA picked(Out o, const double *const *x, int count)
{
    EACH o[j] = x[1][j];
    for (int k = 1; k < count; k++) {
        const double *value = x[1 + k];
        EACH o[j] = x[0][j] == k ? value[j] : o[j];
    }
}
FORMULA chosen(Out o, In variant, In delay, double v, double d, double factor, const double *value)
{
    if (value)
        EACH o[j] = variant[j] == v && delay[j] == d ? factor * value[j] : o[j];
    else
        EACH o[j] = variant[j] == v && delay[j] == d ? factor : o[j];
}
static void timeline(double *o, const double *const *x, int count, const double *cases,
                     const double *t)
{
    for (int c = 0; c < count; c++) {
        int position = t[count + c];
        const double *value = position < 0 ? 0 : x[position];
        if (c)
            chosen(o, x[0], x[1], cases[2 * c], cases[2 * c + 1], t[c], value);
        else if (value)
            scaled(o, value, t[c]);
        else
            constant(o, t[c]);
    }
}

/* --- costs ----------------------------------------------------------------------------------- */

FORMULA learning_exponent(Out o, In rate) { EACH o[j] = log(1.0 - rate[j]) / log(2.0); }
FORMULA learning(Out o, In exponent, In z, In share, In t)
{
    const double centre = t[0], above = t[1], below = t[2];
    EACH o[j] = 1.0 - share[j]
        + share[j] * exp(exponent[j] * (centre + split(z[j], above, below)));
}
FORMULA electrolyser(Out o, In capex, In recovery, In fixed, In stack_share, In stack_life,
                     In hours, In demand, double life)
{
    EACH {
        double stacks = stack_share[j] * larger(0.0, 1.0 / stack_life[j] - 1.0 / life);
        o[j] = capex[j] * (recovery[j] + fixed[j] + stacks) / hours[j] * demand[j];
    }
}
FORMULA hydrogen(Out o, In charge, In learning, In electricity, In demand, In storage)
{
    EACH o[j] = charge[j] * learning[j] + electricity[j] * demand[j] / 1000.0 + storage[j];
}
FORMULA product_plus(Out o, In a, In b, In c) { EACH o[j] = a[j] * b[j] + c[j]; }
FORMULA products_onto(Out o, In a, In b, double sign, In c, In d, double other)
{
    EACH o[j] += sign * a[j] * b[j] + other * c[j] * d[j];
}
static void levelised(double *o, const double *const *x, int pairs, const double *signs)
{
    product_plus(o, x[0], x[1], x[2]);
    int k = 0;
    for (; k + 1 < pairs; k += 2)
        products_onto(o, x[3 + 2 * k], x[4 + 2 * k], signs[k], x[5 + 2 * k], x[6 + 2 * k],
                      signs[k + 1]);
    if (k < pairs)
        product_onto(o, x[3 + 2 * k], x[4 + 2 * k], signs[k]);
}

/* --- carbon and premium ---------------------------------------------------------------------- */

FORMULA exposure(Out o, In covered, In intensity, In allocation, In benchmark)
{
    EACH o[j] = covered[j] * (intensity[j] - allocation[j] * benchmark[j]);
}
FORMULA border_exposure(Out o, In plant, In border, In precursor, In allocation, In benchmark)
{
    EACH o[j] = plant[j] + border[j] * larger(0.0, precursor[j] - allocation[j] * benchmark[j]);
}
FORMULA shuffled(Out o, In emissions, double share, double clean)
{
    EACH o[j] = (1.0 - share) * emissions[j] + share * smaller(emissions[j], clean);
}
FORMULA cbam_exposure(Out o, In emissions, In allocation, In benchmark)
{
    EACH o[j] = emissions[j] - allocation[j] * benchmark[j];
}
FORMULA paid(Out o, In home, In recognised) { EACH o[j] = larger(0.0, home[j]) * recognised[j]; }
FORMULA cbam(Out o, In price, In covered, In gap, In paid)
{
    EACH o[j] = covered[j] * larger(0.0, price[j] * gap[j] - paid[j]);
}
FORMULA netted(Out o, In factor, In reference, In own)
{
    EACH o[j] = factor[j] * (reference[j] - own[j]);
}
FORMULA netted_with_credit(Out o, In factor, In reference, In own, In credit, In quantity)
{
    EACH o[j] = factor[j] * (reference[j] - own[j]) - credit[j] * quantity[j];
}
FORMULA gross(Out o, In factor, In home, In border, In credit)
{
    EACH o[j] = (home[j] + border[j]) * factor[j] - credit[j];
}
FORMULA ratio(Out o, In value, In divisor)
{
    EACH o[j] = divisor[j] > 0.0 ? value[j] / divisor[j] : NAN;
}
FORMULA break_even_home(Out o, In excess, In reference, In own)
{
    EACH {
        double slope = reference[j] - own[j];
        o[j] = slope > 0.0 ? excess[j] / slope : NAN;
    }
}
FORMULA break_even_border(Out o, In excess, In covered, In gap_reference, In paid_reference,
                          In gap, In paid)
{
    EACH {
        double owed = excess[j] / covered[j] + paid_reference[j];
        double alone = owed / gap_reference[j], slope = gap_reference[j] - gap[j];
        double both = (owed - paid[j]) / slope;
        double found = alone * gap[j] <= paid[j] ? alone : slope > 0.0 && both >= 0.0 ? both : NAN;
        found = covered[j] > 0.0 && gap_reference[j] > 0.0 ? found : NAN;
        o[j] = excess[j] <= 0.0 ? 0.0 : found;
    }
}
FORMULA not_positive(Out o, In value) { EACH o[j] = value[j] <= 0.0 ? 1.0 : 0.0; }
FORMULA crossover(Out o, In value, double first, double year)
{
    if (year >= first)
        EACH o[j] = o[j] != o[j] && value[j] <= 0.0 ? year : o[j];
}
FORMULA cheapest(Out o, const double *const *x, int count, const double *first, double year)
{
    double best[N] __attribute__((aligned(64)));
    EACH best[j] = __builtin_inf();
    EACH o[j] = NAN;
    for (int k = 0; k < count; k++)
        if (year >= first[k]) {
            const double *total = x[k];
            EACH o[j] = total[j] < best[j] ? k : o[j];
            EACH best[j] = total[j] < best[j] ? total[j] : best[j];
        }
}

/* --- handing out ----------------------------------------------------------------------------- */

/* Defined values, their sum, that of their squares, values above zero. */
FORMULA add_up(double *restrict total, In x)
{
    Doubles sum = {0}, squares = {0};
    Masks defined = {0}, positive = {0};
    for (int j = 0; j < N; j += 8) {
        Doubles v;
        memcpy(&v, x + j, sizeof v);
        Masks known = v == v;
        v = (Doubles)((Masks)v & known); /* what is undefined counts as nothing */
        defined -= known;
        positive -= v > 0.0;
        sum += v;
        squares += v * v;
    }
    for (int k = 0; k < 8; k++) {
        total[0] += defined[k];
        total[1] += sum[k];
        total[2] += squares[k];
        total[3] += positive[k];
    }
}
