/*
 * tests/install/program.c - a program of somebody else's, built against the installed copy as C17: trains a small
 * net in a loop of its own. Prints the version of the library that runs; its exit status says whether the net learned.
 * program.cc is its twin as C++17.
 */
#include <cajal/cajal.h>

#include <stdio.h>

int main(void)
{
    enum { POINTS = 64, STEPS = 300, PARAMETERS = 4 };
    float point[POINTS][2], value[POINTS];
    for (int i = 0; i < POINTS; i++) {
        point[i][0] = (float)(i % 8) / 4 - 1;
        point[i][1] = (float)(i / 8) / 4 - 1;
        value[i] = point[i][0] * point[i][1];
    }
    cj_context *c = cj_context_new(NULL, NULL, 2);
    cj_scope *s = cj_scope_new(c);
    cj_tensor *x = cj_tensor_from(c, CJ_F32, 2, (int64_t[]){POINTS, 2}, point);
    cj_tensor *y = cj_tensor_from(c, CJ_F32, 2, (int64_t[]){POINTS, 1}, value);
    cj_tensor *h = cj_tanh(cj_linear(s, "fc1", x, .out_features = 32));
    cj_tensor *error = cj_sub(cj_linear(s, "fc2", h, .out_features = 1), y);
    cj_tensor *loss = cj_mean(cj_square(error), CJ_ALL, false);

    cj_tensor *parameter[PARAMETERS], *gradient[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        parameter[i] = cj_variable_read(cj_scope_entry(s, i)->variable);
    cj_grad(loss, PARAMETERS, parameter, gradient);
    for (int i = 0; i < PARAMETERS; i++)
        cj_scope_record_variable(s, cj_scope_entry(s, i)->variable,
                                 cj_sub(parameter[i], cj_scale(gradient[i], 0.2)));
    cj_updates updates = cj_scope_updates(s);
    cj_program *step = cj_compile(c, 1, &loss, &updates);
    double first = 0, last = 0;
    for (int i = 0; step && i < STEPS && cj_run(step, 0, NULL) == CJ_OK; i++) {
        last = cj_output_number(step, 0);
        if (i == 0)
            first = last;
    }
    cj_program_free(step);

    cj_status status = cj_error_status(c);
    if (status != CJ_OK)
        fprintf(stderr, "%s\n", cj_error(c));
    bool learned = last < first / 4;
    if (!learned)
        fprintf(stderr, "the loss went from %g to %g\n", first, last);
    cj_context_free(c);
    printf("%s\n", cj_version());
    return status != CJ_OK || !learned;
}
