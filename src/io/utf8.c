/*
 * utf8.c - UTF-8 recognised, and made of Latin-1.
 */
#include "io/io.h"

size_t cj_utf8_length(const uint8_t *p, size_t rest)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || rest < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

bool cj_is_utf8(const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t n = cj_utf8_length(p + i, size - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

cj_status cj_latin1_to_utf8(cj_context *context, const uint8_t *p, size_t size, void **out,
                            size_t *out_size)
{
    size_t high = 0, n = 0;
    for (size_t i = 0; i < size; i++)
        high += p[i] >= 0x80;
    uint8_t *text = cj_allocate(context, size + high);
    if (!text)
        return CJ_NO_MEMORY;
    for (size_t i = 0; i < size; i++) {
        if (p[i] >= 0x80) {
            text[n++] = (uint8_t)(0xc0 | p[i] >> 6);
            text[n++] = (uint8_t)(0x80 | (p[i] & 0x3f));
        } else {
            text[n++] = p[i];
        }
    }
    *out = text;
    *out_size = n;
    return CJ_OK;
}
