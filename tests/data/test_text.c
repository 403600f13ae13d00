/* Texts: units, vocabularies, splits, the known sets' layouts, encodings, what is refused. */
#include "io/io_test.h"

#include "cajal/data_text.h"

static cj_text_data *parse(cj_context *c, const char *set, const char *text,
                           const cj_text_options *options)
{
    cj_text_data *d;
    assert_ok(c, cj_text_parse(c, set, "the text", text, strlen(text), options, &d));
    return d;
}

static void assert_tokens(const cj_text_data *d, const cj_text_part *p, const char *expected)
{
    char text[512] = "";
    for (int64_t i = 0; i < p->tokens; i++) {
        strcat(text, d->word[p->token[i]]);
        strcat(text, "|");
    }
    assert_string_equal(text, expected);
}

static void characters(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_text_data *d = parse(c, NULL, "ba\xc3\xa9\nab\xe2\x82\xac", NULL);
    assert_int_equal(d->words, 5); /* \n a b e-acute euro, by their numbers */
    assert_string_equal(d->word[0], "\n");
    assert_string_equal(d->word[3], "\xc3\xa9");
    assert_string_equal(d->word[4], "\xe2\x82\xac");
    assert_tokens(d, &d->part[CJ_TRAIN], "b|a|\xc3\xa9|\n|a|b|\xe2\x82\xac|");
    assert_int_equal(d->part[CJ_VALIDATION].tokens, 0); /* a tenth of 11 bytes lies in the euro */
    int32_t token[8];
    int64_t count;
    assert_ok(c, cj_text_encode(c, d,
                                "\xe2\x82\xac"
                                "ab",
                                token, &count));
    assert_int_equal(count, 3);
    assert_int_equal(token[0], 4);
    assert_int_equal(token[2], 2);
    assert_refused(c, cj_text_encode(c, d, "x", token, &count), CJ_VALUE, "\"x\" does not occur");
    cj_text_free(c, d);
    /* A share splits a stream at a place, not at random. */
    d = parse(c, NULL, "aaaaabbbbb", &(cj_text_options){.validation = 0.3});
    assert_tokens(d, &d->part[CJ_TRAIN], "a|a|a|a|a|b|b|");
    assert_tokens(d, &d->part[CJ_VALIDATION], "b|b|b|");
    cj_text_free(c, d);
    cj_context_free(c);
}

static void words(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_text_options o = {.unit = CJ_TEXT_WORDS, .validation = -1};
    cj_text_data *d = parse(c, NULL, "b a  b\n<unk> c\n", &o);
    assert_int_equal(d->words, 5); /* <unk>; <eos> and b twice; a, c once */
    assert_string_equal(d->word[0], "<unk>");
    assert_string_equal(d->word[1], "<eos>");
    assert_string_equal(d->word[2], "b");
    assert_string_equal(d->word[3], "a");
    assert_tokens(d, &d->part[CJ_TRAIN], "b|a|b|<eos>|<unk>|c|<eos>|");
    int32_t token[8];
    int64_t count;
    assert_ok(c, cj_text_encode(c, d, "a zebra\n", token, &count));
    assert_int_equal(count, 3);
    assert_int_equal(token[1], 0);
    assert_int_equal(token[2], 1);
    cj_text_free(c, d);
    o.least = 2;
    d = parse(c, NULL, "b a  b\n<unk> c\n", &o);
    assert_tokens(d, &d->part[CJ_TRAIN], "b|<unk>|b|<eos>|<unk>|<unk>|<eos>|");
    cj_text_free(c, d);
    o = (cj_text_options){.unit = CJ_TEXT_WORDS, .validation = -1, .most_words = 2};
    d = parse(c, NULL, "b b a", &o);
    assert_tokens(d, &d->part[CJ_TRAIN], "b|b|<unk>|");
    cj_text_free(c, d);
    o = (cj_text_options){.unit = CJ_TEXT_LOWER_WORDS, .validation = -1};
    d = parse(c, NULL, "Don't stop, CAF\xc9!", &o); /* Latin-1 */
    assert_int_equal(d->notes, 1);
    assert_tokens(d, &d->part[CJ_TRAIN], "don't|stop|,|caf\xc3\x89|!|");
    cj_text_free(c, d);
    cj_context_free(c);
}

static void sets(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_text_data *d = parse(c, "names", "anna\r\nbob\n\ncleo\n", NULL);
    int64_t all = 0;
    for (int part = 0; part < CJ_PARTS; part++)
        all += d->part[part].examples;
    assert_int_equal(all, 3);
    cj_text_free(c, d);
    d = parse(c, "sms-spam", "Label\tSMS\nspam\tBuy now\nham\thello\tyou\n",
              &(cj_text_options){.test = -1});
    const cj_text_part *p = &d->part[CJ_TRAIN];
    assert_int_equal(p->examples, 2);
    assert_int_equal(d->classes, 2);
    assert_string_equal(d->class_name[0], "ham");
    assert_int_equal(p->label[0], 1);
    assert_int_equal(p->label[1], 0);
    assert_int_equal(p->start[1], 2);
    assert_tokens(d, p, "buy|now|hello|you|");
    cj_text_free(c, d);
    d = parse(c, "sick",
              "id\tentailment_judgment\tsentence_A\tsentence_B\trelatedness_score\tSemEval_set\n"
              "1\tNEUTRAL\ta b\tc\t4.5\tTRAIN\n2\tENTAILMENT\ta\ta\t5\tTEST\n",
              NULL);
    p = &d->part[CJ_TRAIN];
    assert_int_equal(d->sequences, 2);
    assert_int_equal(p->examples, 1);
    assert_int_equal(p->start[1], 2);
    assert_int_equal(p->start[2], 3);
    assert_int_equal(p->label[0], 1);
    assert_true(p->target[0] == 4.5f);
    assert_int_equal(d->part[CJ_TEST].label[0], 0);
    cj_text_free(c, d);
    cj_context_free(c);
}

static void refused(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_text_data *d;
#define PARSE(set, text, options) cj_text_parse(c, set, "T", text, sizeof text - 1, options, &d)
    assert_refused(c, PARSE(NULL, "a\0b", NULL), CJ_FORMAT, "T: holds a NUL byte");
    assert_refused(c, PARSE("sms-spam", "spam\tx\nno tab\n", NULL), CJ_FORMAT, "T, line 2");
    assert_refused(c, PARSE("sick", "a\tb\n", NULL), CJ_FORMAT, "sentence_A");
#define HEAD "sentence_A\tsentence_B\trelatedness_score\tentailment_label\n"
    assert_refused(c, PARSE("sick", HEAD "a\tb\t3\n", NULL), CJ_FORMAT, "line 2: not the 4 fields");
    assert_refused(c, PARSE("sick", HEAD "a\tb\t7\tNEUTRAL\n", NULL), CJ_VALUE, "line 2");
    assert_refused(c, PARSE("ptb", "a", NULL), CJ_INVALID, "several files");
    assert_refused(c, PARSE(NULL, "a", &(cj_text_options){.validation = 1}), CJ_INVALID, "share");
    assert_refused(c, cj_text_load(c, "/nowhere.txt", NULL, &d), CJ_MISSING, "/nowhere.txt");
    assert_refused(c, cj_text_load(c, "mnist", NULL, &d), CJ_UNSUPPORTED, "mnist is pictures");
    assert_null(d);
    cj_context_free(c);
}

static cj_status parse_pairs(cj_context *context, void *state)
{
    (void)state;
    static const char text[] = HEAD "a b\tc\t1.5\tX\nd\te\t2\tY\na\te\t2\tY\n\xc9\tb\t3\tX\n";
    cj_text_data *d;
    cj_status status = cj_text_parse(context, "sick", "T", text, sizeof text - 1, NULL, &d);
    cj_text_free(context, d);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(test_each_allocation(parse_pairs, NULL) > 20);
}

/* The published counts of the sets at hand. */
static void known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int words, classes;
        int64_t examples;
    } is[] = {{"tinyshakespeare", 65, 0, 2},
              {"names", 26, 0, 32033},
              {"rt-polarity", 0, 2, 10662},
              {"sms-spam", 0, 2, 5574},
              {"sick", 0, 3, 9927}};
    cj_context *c = test_context(NULL);
    char path[4096];
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++) {
        cj_text_data *d;
        int64_t examples = 0;
        if (cj_data_find(c, is[i].name, path, sizeof path) != CJ_OK)
            continue;
        assert_ok(c, cj_text_load(c, is[i].name, NULL, &d));
        for (int part = 0; part < CJ_PARTS; part++)
            examples += d->part[part].examples;
        assert_int_equal(examples, is[i].examples);
        assert_int_equal(d->classes, is[i].classes);
        if (is[i].words)
            assert_int_equal(d->words, is[i].words);
        cj_text_free(c, d);
    }
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters), cmocka_unit_test(words), cmocka_unit_test(sets),
        cmocka_unit_test(refused),    cmocka_unit_test(known), cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
