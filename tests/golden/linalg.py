#!/usr/bin/env python3
"""Writes tests/golden/linalg.h: numpy.linalg and scipy.linalg of a few small matrices, with Cajal's choice of signs."""
import numpy as np
import scipy.linalg as sl

A = np.array([[4.0, 1, -2], [1, 2, 0], [3, -1, 1]])
T = np.array([[2.0, 1], [-1, 3], [0.5, 4], [1, 1]])
B = np.array([[1.0], [2], [3], [4]])


def positive(v):
    return np.sign(v[np.argmax(np.abs(v), axis=0), np.arange(v.shape[1])])


def row(name, x):
    numbers = ", ".join(repr(float(v)) for v in np.asarray(x).ravel())
    return f"static const double golden_{name}[] = {{{numbers}}};\n"


q, r = np.linalg.qr(T)
s = np.sign(np.diag(r))
w, v = np.linalg.eigh((A + A.T) / 2)
u, sv, vt = np.linalg.svd(T, full_matrices=False)
text = "/* Written by linalg.py. */\n"
text += row("solve", np.linalg.solve(A, A.T))
text += row("inverse", np.linalg.inv(A)) + row("det", np.linalg.det(A))
text += row("cholesky", np.linalg.cholesky(A @ A.T))
text += row("q", q * s) + row("r", (r.T * s).T)
text += row("eigenvalues", w) + row("eigenvectors", v * positive(v))
text += row("u", u * positive(u)) + row("s", sv) + row("vt", (vt.T * positive(u)).T)
text += row("lstsq", np.linalg.lstsq(T, B, rcond=None)[0])
text += row("pinv", np.linalg.pinv(T)) + row("expm", sl.expm(A)) + row("sqrtm", sl.sqrtm(A @ A.T).real)
text += row("power", np.linalg.matrix_power(A, -3))
text += row("banded", sl.solve_banded((1, 1), np.array([[0, 1.0, 2, 3], [4, -5, 6, 7], [1, 2, 3, 0]]), B))
open(__file__.replace(".py", ".h"), "w").write(text)
