/*
 * src/base/number.c - decimal numbers from text, correctly rounded, whatever the locale.
 *
 * A mantissa below 2^53 and a power of ten up to 22 are both exact in f64, so that one
 * multiplication or division rounds once (Clinger, "How to read floating point numbers accurately",
 * PLDI 1990). The rest goes to strtod in the C locale.
 */
#include "base/base.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* What the syntax of a number gives: digits as an integer (if they fit 19) and the power of ten. */
typedef struct decimal {
    uint64_t mantissa;
    int digits; /* significant, after leading zeros */
    long exponent;
} decimal;

static const char *scan_digits(const char *p, decimal *d, bool fraction, bool *any)
{
    for (; is_digit(*p); p++) {
        *any = true;
        if (d->digits > 0 || *p != '0') {
            if (d->digits < 19)
                d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
            d->digits++;
        }
        if (fraction)
            d->exponent--;
    }
    return p;
}

static const char *scan_exponent(const char *p, decimal *d)
{
    const char *q = p + 1;
    bool negative = *q == '-';
    long e = 0;
    if (*q == '+' || *q == '-')
        q++;
    if (!is_digit(*q))
        return p;
    for (; is_digit(*q); q++)
        if (e < 100000)
            e = e * 10 + (*q - '0');
    d->exponent += negative ? -e : e;
    return q;
}

static bool only_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return *p == 0;
}

static bool round_slowly(const char *text, double *out)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c)
        return false;
    *out = strtod_l(text, NULL, c);
    freelocale(c);
    return true;
}

const char *cj_scan_number(const char *text, double *out)
{
    decimal d = {0, 0, 0};
    bool any = false;
    bool negative = *text == '-';
    const char *p = text + (*text == '-' || *text == '+');
    if ((*p == 'i' || *p == 'I') && strncasecmp(p, "inf", 3) == 0) {
        *out = negative ? -(double)INFINITY : (double)INFINITY;
        return p + (strncasecmp(p, "infinity", 8) == 0 ? 8 : 3);
    }
    p = scan_digits(p, &d, false, &any);
    if (*p == '.')
        p = scan_digits(p + 1, &d, true, &any);
    if (!any)
        return NULL;
    if (*p == 'e' || *p == 'E')
        p = scan_exponent(p, &d);
    if (d.digits > 19 || d.mantissa > (uint64_t)1 << 53 || d.exponent < -22 || d.exponent > 22)
        return round_slowly(text, out) ? p : NULL;
    double value = (double)d.mantissa;
    value = d.exponent < 0 ? value / power_of_ten[-d.exponent] : value * power_of_ten[d.exponent];
    *out = negative ? -value : value;
    return p;
}

bool cj_parse_number(const char *text, double *out)
{
    while (is_blank(*text))
        text++;
    const char *end = cj_scan_number(text, out);
    return end && only_blanks(end);
}

void cj_format_number(char *text, size_t size, const char *format, double value)
{
    snprintf(text, size, format, value);
    const char *point = localeconv()->decimal_point;
    char *found = strcmp(point, ".") != 0 ? strstr(text, point) : NULL;
    if (found) {
        *found = '.';
        memmove(found + 1, found + strlen(point), strlen(found + strlen(point)) + 1);
    }
}
