/*
 * tests/install/program.c - a program of somebody else's, built against the installed copy as C17.
 * program.cc is its twin as C++17. Prints the version of the library that runs.
 */
#include <cajal/base.h>

#include <stdio.h>

int main(void)
{
    printf("%s\n", cj_version());
    return 0;
}
