/* CSV: separators, quotes, line ends, encodings, headers, errors with their line; numbers in any
 * locale. */
#include "io/io_test.h"

#include <locale.h>
#include <math.h>

static cj_csv parse_with(cj_context *c, const char *text, cj_csv_options options)
{
    cj_csv csv;
    assert_ok(c, cj_csv_parse(c, "test", text, strlen(text), &options, &csv));
    return csv;
}

static cj_csv parse(cj_context *c, const char *text)
{
    return parse_with(c, text, (cj_csv_options){0, 0});
}

static void fields_are_cut(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_csv csv = parse(c, "\xef\xbb\xbf"
                          "name, size ,\"a, b\"\r\n"
                          "x,1,\"say \"\"hi\"\"\"\r\n"
                          "\r\n"
                          "\"two\nlines\",,3\r\n"
                          " y ,2 ,\" z \" ");
    assert_true(csv.header);
    assert_int_equal(csv.separator, ',');
    assert_int_equal(csv.rows, 3);
    assert_int_equal(csv.columns, 3);
    assert_string_equal(cj_csv_name(&csv, 0), "name");
    assert_string_equal(cj_csv_name(&csv, 1), "size");
    assert_string_equal(cj_csv_name(&csv, 2), "a, b");
    assert_string_equal(cj_csv_field(&csv, 0, 2), "say \"hi\"");
    assert_string_equal(cj_csv_field(&csv, 1, 0), "two\nlines");
    assert_string_equal(cj_csv_field(&csv, 1, 1), "");
    assert_string_equal(cj_csv_field(&csv, 2, 0), "y");
    assert_string_equal(cj_csv_field(&csv, 2, 2), " z ");
    assert_int_equal(cj_csv_line(&csv, 0), 2);
    assert_int_equal(cj_csv_line(&csv, 1), 4);
    assert_int_equal(cj_csv_line(&csv, 2), 6);
    cj_csv_free(c, &csv);

    csv = parse(c, "1,2,\r3,,4"); /* old line ends, empty fields at both ends */
    assert_false(csv.header);
    assert_int_equal(csv.rows, 2);
    assert_string_equal(cj_csv_field(&csv, 0, 2), "");
    assert_string_equal(cj_csv_field(&csv, 1, 2), "4");
    assert_null(cj_csv_name(&csv, 0));
    cj_csv_free(c, &csv);
    cj_context_free(c);
}

static void separators_are_detected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char separator;
        int columns;
    } cases[] = {{"a;b\n1;2\n", ';', 2},        {"a\tb\tc\n1\t2\t3\n", '\t', 3},
                 {"a|b\n1|2\n", '|', 2},        {"a\n1\n2\n", ',', 1},
                 {"a;b\n1,5;2\n3;4\n", ';', 2}, {"\"x;y;z\",b\n\"1;2;3\",2\n", ',', 2}};
    cj_context *c = test_context(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cj_csv csv = parse(c, cases[i].text);
        assert_int_equal(csv.separator, cases[i].separator);
        assert_int_equal(csv.columns, cases[i].columns);
        cj_csv_free(c, &csv);
    }
    cj_csv csv = parse_with(c, "a;b,c;d\n", (cj_csv_options){';', -1});
    assert_int_equal(csv.columns, 3);
    cj_csv_free(c, &csv);

    csv = parse(c, "a;b\n1,5;x,y\n-2,25e1;z\n");
    assert_true(csv.decimal_comma);
    assert_string_equal(cj_csv_field(&csv, 0, 0), "1.5");
    assert_string_equal(cj_csv_field(&csv, 1, 0), "-2.25e1");
    assert_string_equal(cj_csv_field(&csv, 0, 1), "x,y");
    cj_csv_free(c, &csv);
    csv = parse(c, "a;b\n1,5;2.5\n"); /* both kinds: left alone */
    assert_false(csv.decimal_comma);
    assert_string_equal(cj_csv_field(&csv, 0, 0), "1,5");
    cj_csv_free(c, &csv);
    cj_context_free(c);
}

static void headers_are_detected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool header;
    } cases[] = {{"a,b\n1,2\n", true},
                 {"1,2\n3,4\n", false},
                 {"a,1\nb,2\n", false},
                 {"a,b\nc,d\n", true},
                 {"a,b\na,c\n", false},
                 {",x\n0,5\n", true},
                 {"x,\n0,5\n", false},
                 {"red,blue\nred,green\nblue,red\n", false},
                 {"color,kind\nred,x\nred,y\n", true}};
    cj_context *c = test_context(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cj_csv csv = parse(c, cases[i].text);
        if (csv.header != cases[i].header)
            fail_msg("header of: %s", cases[i].text);
        cj_csv_free(c, &csv);
    }
    cj_csv csv = parse_with(c, "1,2\n3,4\n", (cj_csv_options){0, 1});
    assert_int_equal(csv.rows, 1);
    assert_string_equal(cj_csv_name(&csv, 1), "2");
    cj_csv_free(c, &csv);
    cj_context_free(c);
}

static void errors_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *said;
    } cases[] = {{"a,b\n1,2\n\n3\n", 0, "line 4: 1 field, but the first row has 2"},
                 {"a,b\n1,2,3\n", 0, "line 2: 3 fields"},
                 {"a,b\n1,\"2\n3\n", 0, "line 2: a quote is opened but never closed"},
                 {"a,b\n1,\"2\" x\n", 0, "line 2: text follows a closing quote"},
                 {"a,b\n1,\0\n", 8, "line 2: a NUL byte"},
                 {"", 0, "an empty file"},
                 {"\n \n", 0, "an empty file"}};
    cj_context *c = test_context(NULL);
    cj_csv csv;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
        assert_refused(c, cj_csv_parse(c, "test", cases[i].text, size, NULL, &csv), CJ_FORMAT,
                       cases[i].said);
        assert_null(csv.text);
    }
    cj_context_free(c);
}

static void latin1_is_accepted(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_csv csv = parse(c, "name,n\nM\xfcller,1\n");
    assert_true(csv.latin1);
    assert_string_equal(cj_csv_field(&csv, 0, 0), "M\xc3\xbcller");
    cj_csv_free(c, &csv);
    csv = parse(c, "name,n\nM\xc3\xbcller,1\n");
    assert_false(csv.latin1);
    cj_csv_free(c, &csv);
    cj_context_free(c);
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},
                {"-0.0", -0.0},
                {" 1.5\t", 1.5},
                {"+2", 2},
                {".5", .5},
                {"5.", 5},
                {"1e3", 1000},
                {"-1.25E-2", -0.0125},
                {"1e400", INFINITY},
                {"1e-400", 0},
                {"0.1", 0.1},
                {"123456789012345678901234567890", 123456789012345678901234567890.0},
                {"9007199254740993", 9007199254740993.0},
                {"2.2250738585072011e-308", 2.2250738585072011e-308},
                {"inf", INFINITY},
                {"-Infinity", -INFINITY},
                {"00000000000000000000001", 1},
                {"0.000000000000000000000000000001", 1e-30},
                {"1e23", 1e23},
                {"8.41e21", 8.41e21}};
    static const char *const bad[] = {"",  " ", "x",    "1x",  "1 2", "--1",   "1e",       "1e+",
                                      ".", "-", "0x10", "nan", "1,5", "1.2.3", "infinite", "e5"};
    static const char *const locales[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8"};
    double value;
    for (size_t l = 0; l < sizeof locales / sizeof locales[0]; l++) {
        setlocale(LC_ALL, locales[l]);
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
            if (!cj_parse_number(good[i].text, &value) ||
                memcmp(&value, &good[i].value, sizeof value) != 0)
                fail_msg("%s gives %.17g", good[i].text, value);
        }
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            if (cj_parse_number(bad[i], &value))
                fail_msg("%s is taken for a number", bad[i]);
    }
    setlocale(LC_ALL, "C");
}

/* Numbers drawn as bit patterns, printed with 17 digits: each comes back as it was; and with 1 to
 * 16 digits as strtod has it. */
static void numbers_are_correctly_rounded(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        char text[64];
        double value, back;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        if (i % 2)
            memcpy(&value, &bits, 8);
        else
            value = (double)(int64_t)(bits % 2000001) / 1000 - 1000;
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, "%.*g", i % 17 + 1, value);
        assert_true(cj_parse_number(text, &back));
        value = strtod(text, NULL);
        if (memcmp(&value, &back, 8) != 0)
            fail_msg("%s gives %.17g, not %.17g", text, back, value);
    }
}

static cj_status parse_bytes(cj_context *c, const void *data, size_t size)
{
    cj_csv csv;
    cj_status status = cj_csv_parse(c, "test", data, size, NULL, &csv);
    cj_csv_free(c, &csv);
    return status;
}

static cj_status parse_hard(cj_context *c, void *state)
{
    (void)state;
    static const char text[] = "name;n\nM\xfcller;1,5\n\"a\"\"b\";\n";
    return parse_bytes(c, text, sizeof text - 1);
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(test_each_allocation(parse_hard, NULL) >= 4);
}

static void a_million_fields(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    const int rows = 100000;
    char *text = malloc((size_t)rows * 100);
    size_t n = 0;
    for (int i = 0; i < rows; i++)
        n += (size_t)sprintf(text + n, "%d,%d.5,a,b,c,d,e,f,g,-%de-3\n", i, i, i);
    cj_csv csv;
    assert_ok(c, cj_csv_parse(c, "test", text, n, NULL, &csv));
    assert_int_equal(csv.rows, rows);
    assert_string_equal(cj_csv_field(&csv, rows - 1, 9), "-99999e-3");
    cj_csv_free(c, &csv);
    free(text);
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_cut),
        cmocka_unit_test(separators_are_detected),
        cmocka_unit_test(headers_are_detected),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(latin1_is_accepted),
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_are_correctly_rounded),
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(a_million_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
