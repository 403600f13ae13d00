#!/usr/bin/env python3
"""Writes optim_trajectories.h: ten steps of torch.optim's optimisers in double precision, and schedules.

The loss is sum(c * (p - target)^4) / 4 + sum(q * p[0]), over two parameters p [2, 3] and q [3].
Run: python3 tests/golden/optim_trajectories.py > tests/golden/optim_trajectories.h
"""
import torch

torch.set_default_dtype(torch.float64)
STEPS = 10
p0 = torch.tensor([[0.3, -0.7, 1.1], [0.0, 2.0, -1.5]])
q0 = torch.tensor([0.5, -0.25, 0.125])
c = torch.tensor([[1.0, 2.0, 0.5], [3.0, 0.25, 1.0]])
target = torch.tensor([[1.0, 0.0, -1.0], [0.5, -0.5, 0.25]])


def run(make, norm=0, value=0, schedule=None):
    p, q = p0.clone().requires_grad_(True), q0.clone().requires_grad_(True)
    optimizer = make([p, q])
    scheduler = schedule(optimizer) if schedule else None
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = (c * (p - target) ** 4).sum() / 4 + (q * p[0]).sum()
        loss.backward()
        if value:
            torch.nn.utils.clip_grad_value_([p, q], value)
        if norm:
            torch.nn.utils.clip_grad_norm_([p, q], norm)
        optimizer.step()
        if scheduler:
            scheduler.step()
        path.append([loss.item()] + p.detach().reshape(-1).tolist() + q.detach().tolist())
    return path


O = torch.optim
runs = [
    ("sgd:lr=0.05", run(lambda p: O.SGD(p, lr=0.05))),
    ("sgd:lr=0.05,momentum=0.9", run(lambda p: O.SGD(p, lr=0.05, momentum=0.9))),
    ("sgd:lr=0.05,momentum=0.9,nesterov=true", run(lambda p: O.SGD(p, lr=0.05, momentum=0.9, nesterov=True))),
    ("sgd:lr=0.05,weight_decay=0.1,momentum=0.8,dampening=0.3",
     run(lambda p: O.SGD(p, lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.1))),
    ("adam:lr=0.1", run(lambda p: O.Adam(p, lr=0.1))),
    ("adam:lr=0.1,weight_decay=0.2,betas=0.8/0.95,eps=0.001",
     run(lambda p: O.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2))),
    ("adamw:lr=0.1", run(lambda p: O.AdamW(p, lr=0.1))),
    ("adamw:lr=0.1,weight_decay=0.3", run(lambda p: O.AdamW(p, lr=0.1, weight_decay=0.3))),
    ("sgd:lr=0.2 norm", run(lambda p: O.SGD(p, lr=0.2), norm=1.5)),
    ("sgd:lr=0.2 value", run(lambda p: O.SGD(p, lr=0.2), value=0.4)),
    ("sgd:lr=0.05 cosine", run(lambda p: O.SGD(p, lr=0.05),
                               schedule=lambda o: O.lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.01))),
    ("sgd:lr=0.05 step", run(lambda p: O.SGD(p, lr=0.05),
                             schedule=lambda o: O.lr_scheduler.StepLR(o, 2, gamma=0.5))),
    ("sgd:lr=0.05 warmup", run(lambda p: O.SGD(p, lr=0.05),
                               schedule=lambda o: O.lr_scheduler.LambdaLR(o, lambda t: min(1, (t + 1) / 4)))),
]


def row(values):
    return ", ".join("%.17g" % v for v in values)


print("/* Written by optim_trajectories.py with torch %s: do not edit. */" % torch.__version__.split("+")[0])
print("#ifndef CJ_GOLDEN_OPTIM_TRAJECTORIES_H\n#define CJ_GOLDEN_OPTIM_TRAJECTORIES_H\n")
print("enum { TRAJECTORY_STEPS = %d };\n" % STEPS)
for name, t in [("p0", p0), ("q0", q0), ("c", c), ("target", target)]:
    print("static const double trajectory_%s[] = {%s};" % (name, row(t.reshape(-1).tolist())))
print("\n/* loss before the step, then p and q after it */")
print("typedef struct trajectory {\n    const char *name;\n    double step[TRAJECTORY_STEPS][10];\n} trajectory;\n")
print("static const trajectory trajectories[] = {")
for name, path in runs:
    print('    {"%s", {' % name)
    for values in path:
        print("        {%s}," % row(values))
    print("    }},")
print("};\n\n#endif")
