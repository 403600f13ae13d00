/*
 * tests/install/program.cc - a program of somebody else's, built against the installed copy as C++17.
 */
#include <cajal/base.h>

#include <cstdio>

int main()
{
    std::printf("%s\n", cj_version());
}
