/*
 * src/base/words.c - words for sentences: shapes, and "did you mean", the word of a list that a mistyped one stands for.
 */
#include "base.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define LONGEST 32

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/*
 * Letters to insert, delete, replace, or swap with a neighbour (Damerau, "A technique for computer detection
 * and correction of spelling errors", 1964, in the restricted form), case ignored.
 */
static int distance(const char *a, const char *b)
{
    int d[LONGEST + 1][LONGEST + 1];
    int n = (int)strlen(a), m = (int)strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (int i = 0; i <= n; i++)
        d[i][0] = i;
    for (int j = 0; j <= m; j++)
        d[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            int best = CJ_MIN(d[i - 1][j] + 1, d[i][j - 1] + 1);
            best = CJ_MIN(best, d[i - 1][j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
                best = CJ_MIN(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    return d[n][m];
}

const char *cj_closest_word(const char *word, const char *const *words, int count)
{
    const char *best = NULL;
    int least = CJ_MAX(1, (int)strlen(word) / 3) + 1;
    for (int i = 0; i < count; i++) {
        int far = distance(word, words[i]);
        size_t length = strlen(word);
        if (length >= 3 && !strncmp(words[i], word, length))
            far = CJ_MIN(far, 1);
        if (far < least) {
            least = far;
            best = words[i];
        }
    }
    return best;
}

size_t cj_append_text(char *text, size_t size, size_t used, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
    return CJ_MIN(used + (size_t)CJ_MAX(more, 0), size - 1);
}

const char *cj_extents_text(int rank, const int64_t *shape, char *text, size_t size)
{
    size_t used = cj_append_text(text, size, 0, "[");
    for (int i = 0; i < rank; i++)
        used = cj_append_text(text, size, used, "%s%" PRId64, i ? ", " : "", shape[i]);
    cj_append_text(text, size, used, "]");
    return text;
}
