/*
 * tests/support/evaluate_special.c - special functions by other means than the library's: slow, and good to
 * about 1e-13.
 */
#include "support/evaluate_job.h"

#include <math.h>

/* By bisection and steps of Newton. */
double evaluate_erfinv(double a)
{
    if (!(fabs(a) < 1))
        return fabs(a) == 1 ? copysign(INFINITY, a) : NAN;
    double low = 0, high = 6, size = fabs(a);
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        *(erfc(middle) > 1 - size ? &low : &high) = middle;
    }
    for (int i = 0; i < 3; i++) {
        double error = size < 0.5 ? erf(low) - size : (1 - size) - erfc(low);
        low -= error * 0.886226925452758013649 * exp(low * low);
    }
    return copysign(low, a);
}

/* By the recurrence, from far off by the asymptotic series. */
double evaluate_digamma(double x)
{
    if (x < 0 && x == floor(x))
        return NAN;
    double sum = 0;
    for (; x < 40; x++)
        sum -= 1 / x;
    return sum + log(x) - 0.5 / x - 1 / (12 * x * x) + 1 / (120 * pow(x, 4)) -
           1 / (252 * pow(x, 6));
}

double evaluate_zeta(double s, double q)
{
    if (!(s > 1) || (q < 0 && s != floor(s)))
        return s == 1 ? INFINITY : NAN;
    double sum = 0;
    for (; q < 60; q++)
        sum += pow(q, -s);
    double tail = s / (12 * q) - s * (s + 1) * (s + 2) / (720 * pow(q, 3)) +
                  s * (s + 1) * (s + 2) * (s + 3) * (s + 4) / (30240 * pow(q, 5));
    return sum + pow(q, -s) * (q / (s - 1) + 0.5 + tail);
}

/*
 * exp(-|x|) times the mean of exp(x cos t) cos(n t) over a turn: equal steps are exact for periodic
 * functions, up to what they do not resolve.
 */
double evaluate_bessel_ie(double n, double x)
{
    if (n != floor(n) || fabs(n) > 64)
        return NAN;
    enum { STEPS = 400 };
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
        double t = 6.283185307179586476925 * i / STEPS;
        sum += exp(x * cos(t) - fabs(x)) * cos(n * t);
    }
    return sum / STEPS;
}

double evaluate_logaddexp(double a, double b)
{
    double most = a > b ? a : b, least = a > b ? b : a;
    return most == least ? most + log(2) : most + log1p(exp(least - most));
}
