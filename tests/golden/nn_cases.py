"""What nn_layers.py and nn_losses.py share: a case is torch's output and derivatives in double precision.

A case holds the input x, parameters, the output y, and derivatives of L = sum(y * g) for a fixed g: grad.NAME by x and the
parameters, grad2.x = d sum(h dL/dx) / dx for a fixed h, and after.NAME, buffers after the pass.
"""
import torch
from torch import nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(20240607)
cases = []


def case(name, x, f, module=None, extra=None, integer_extra=False):
    # What goes in is exact in f32, so that a test in f32 sees rounding errors of the computation alone.
    x = x.float().double().requires_grad_(True)
    extra = None if extra is None else extra.float().double()
    tensors = [("x", x.detach())]
    if extra is not None:
        tensors.append(("labels" if integer_extra else "extra", extra))
    parameters = dict(module.named_parameters(prefix="m")) if module else {}
    buffers = dict(module.named_buffers(prefix="m")) if module else {}
    tensors += [(n, p.detach().clone()) for n, p in parameters.items()]
    tensors += [(n, b.detach().clone().double()) for n, b in buffers.items()]
    y = f(x) if extra is None else f(x, extra.long() if integer_extra else extra)
    g = torch.randn_like(y).float().double() if y.dim() else torch.tensor(1.0)
    tensors += [("y", y.detach()), ("g", g)]
    leaves = [x] + list(parameters.values())
    grads = torch.autograd.grad((y * g).sum(), leaves, create_graph=True)
    for n, d in zip(["x"] + list(parameters), grads):
        tensors.append(("grad." + n, d.detach()))
    if grads[0].requires_grad:
        h = torch.cos(torch.arange(x.numel()) * 1.7).reshape(x.shape).float().double()
        second = torch.autograd.grad((grads[0] * h).sum(), x, allow_unused=True)[0]
        if second is not None:
            tensors.append(("h", h))
            tensors.append(("grad2.x", second + torch.zeros(second.shape)))
    tensors += [("after." + n, b.detach().clone().double()) for n, b in buffers.items()]
    cases.append((name, tensors))


def scramble(module):
    for p in module.parameters():
        nn.init.normal_(p, 0.2, 0.6)
    for n, b in module.named_buffers():
        if n.endswith("running_mean"):
            b.normal_()
        elif n.endswith("running_var"):
            b.uniform_(0.5, 2)
    return module.float().double()


def layer(name, x, module):
    case(name, x, scramble(module), module)


def randn(*shape):
    return torch.randn(*shape)


def write(name):
    print("/* Written by %s.py with torch %s: do not edit. */" % (name, torch.__version__.split("+")[0]))
    print("#ifndef CJ_GOLDEN_%s_H\n#define CJ_GOLDEN_%s_H\n" % (name.upper(), name.upper()))
    print('#include "golden/golden.h"\n')
    for title, tensors in cases:
        for i, (_, t) in enumerate(tensors):
            values = ", ".join("%.17g" % v for v in t.reshape(-1).tolist())
            print("static const double data_%s_%d[] = {%s};" % (title, i, values))
    print("\nstatic const golden_case %s[] = {" % name)
    for title, tensors in cases:
        print('    {"%s", %d, {' % (title, len(tensors)))
        rows = []
        for i, (label, t) in enumerate(tensors):
            shape = ", ".join(str(n) for n in t.shape) or "0"
            rows.append('{"%s", %d, {%s}, data_%s_%d}' % (label, t.dim(), shape, title, i))
        print("        " + ", ".join(rows) + "}},")
    print("};\n\n#endif")
