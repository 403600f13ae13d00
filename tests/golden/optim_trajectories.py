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


class Rule(torch.optim.Optimizer):
    """A rule that torch.optim does not have: update(p, g, state, t) changes p and the state."""

    def __init__(self, params, update):
        super().__init__(params, {"lr": 0})
        self.update, self.t = update, 0

    @torch.no_grad()
    def step(self):
        self.t += 1
        for p in self.param_groups[0]["params"]:
            self.update(p, p.grad.clone(), self.state[p], self.t)


def lion(lr, b1, b2, wd):
    def update(p, g, s, t):
        m = s.get("m", torch.zeros_like(p))
        p.mul_(1 - lr * wd)
        p.sub_(lr * torch.sign(b1 * m + (1 - b1) * g))
        s["m"] = b2 * m + (1 - b2) * g
    return update


def lamb(lr, b1, b2, eps, wd):
    def update(p, g, s, t):
        s["m"] = b1 * s.get("m", torch.zeros_like(p)) + (1 - b1) * g
        s["v"] = b2 * s.get("v", torch.zeros_like(p)) + (1 - b2) * g * g
        d = s["m"] / (1 - b1**t) / ((s["v"] / (1 - b2**t)).sqrt() + eps) + wd * p
        p.sub_(lr * p.norm() / d.norm() * d)
    return update


def novograd(lr, b1, b2, eps, wd):
    def update(p, g, s, t):
        n = (g * g).sum()
        s["v"] = b2 * s["v"] + (1 - b2) * n if t > 1 else n
        s["m"] = b1 * s.get("m", torch.zeros_like(p)) + g / (s["v"].sqrt() + eps) + wd * p
        p.sub_(lr * s["m"])
    return update


def graves(lr, alpha, momentum, eps):
    def update(p, g, s, t):
        s["n"] = alpha * s.get("n", torch.zeros_like(p)) + (1 - alpha) * g * g
        s["g"] = alpha * s.get("g", torch.zeros_like(p)) + (1 - alpha) * g
        s["b"] = momentum * s.get("b", torch.zeros_like(p)) + g / (s["n"] - s["g"] ** 2 + eps).sqrt()
        p.sub_(lr * s["b"])
    return update


class Muon:
    """torch's Muon on the matrix, AdamW on the vector; its products in double precision, not bfloat16."""

    def __init__(self, params, **k):
        adamw = {"lr": k["lr"], "weight_decay": k.get("weight_decay", 0.1), "eps": k.get("eps", 1e-7)}
        self.both = [torch.optim.Muon(params[:1], **k), torch.optim.AdamW(params[1:], **adamw)]

    def zero_grad(self):
        [o.zero_grad() for o in self.both]

    def step(self):
        keep, torch.Tensor.bfloat16 = torch.Tensor.bfloat16, lambda x: x.clone()
        [o.step() for o in self.both]
        torch.Tensor.bfloat16 = keep


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
    ("sgd:lr=0.001,momentum=0.9,maximize=true", run(lambda p: O.SGD(p, lr=0.001, momentum=0.9, maximize=True))),
    ("adam:lr=0.1,amsgrad=true", run(lambda p: O.Adam(p, lr=0.1, amsgrad=True))),
    ("rmsprop", run(lambda p: O.RMSprop(p))),
    ("rmsprop:lr=0.02,weight_decay=0.1,momentum=0.9,alpha=0.9,centered=true",
     run(lambda p: O.RMSprop(p, lr=0.02, alpha=0.9, centered=True, momentum=0.9, weight_decay=0.1))),
    ("rmsprop:lr=0.001,momentum=0.9,eps=0.0001,alpha=0.95,centered=true,eps_in_root=true",
     run(lambda p: Rule(p, graves(0.001, 0.95, 0.9, 1e-4)))),
    ("adagrad:lr=0.3", run(lambda p: O.Adagrad(p, lr=0.3))),
    ("adagrad:lr=0.3,weight_decay=0.1,lr_decay=0.2,initial_accumulator_value=0.5",
     run(lambda p: O.Adagrad(p, lr=0.3, lr_decay=0.2, weight_decay=0.1, initial_accumulator_value=0.5))),
    ("adadelta", run(lambda p: O.Adadelta(p))),
    ("adadelta:lr=2,weight_decay=0.1,eps=0.001,rho=0.8",
     run(lambda p: O.Adadelta(p, lr=2, rho=0.8, eps=1e-3, weight_decay=0.1))),
    ("adamax:lr=0.1,weight_decay=0.1", run(lambda p: O.Adamax(p, lr=0.1, weight_decay=0.1))),
    ("nadam:lr=0.1", run(lambda p: O.NAdam(p, lr=0.1))),
    ("nadam:lr=0.1,weight_decay=0.1,momentum_decay=0.1,decoupled_weight_decay=true",
     run(lambda p: O.NAdam(p, lr=0.1, weight_decay=0.1, momentum_decay=0.1, decoupled_weight_decay=True))),
    ("radam:lr=0.1", run(lambda p: O.RAdam(p, lr=0.1))),
    ("radam:lr=0.1,weight_decay=0.1,betas=0.8/0.95", run(lambda p: O.RAdam(p, lr=0.1, weight_decay=0.1, betas=(0.8, 0.95)))),
    ("lion:lr=0.03,weight_decay=0.1", run(lambda p: Rule(p, lion(0.03, 0.9, 0.99, 0.1)))),
    ("lamb:lr=0.03,weight_decay=0.1", run(lambda p: Rule(p, lamb(0.03, 0.9, 0.999, 1e-6, 0.1)))),
    ("novograd:lr=0.03,weight_decay=0.1", run(lambda p: Rule(p, novograd(0.03, 0.95, 0.98, 1e-8, 0.1)))),
    ("muon:lr=0.05", run(lambda p: Muon(p, lr=0.05))),
    ("muon:lr=0.05,weight_decay=0,momentum=0.8,ns_steps=3",
     run(lambda p: Muon(p, lr=0.05, weight_decay=0, momentum=0.8, ns_steps=3))),
]

S = O.lr_scheduler
RATES = 60


def rates(make, epoch=1, metric=None):
    """The rate of each of 60 steps, the scheduler told after every `epoch` of them."""
    optimizer = O.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = make(optimizer)
    path = []
    for t in range(RATES):
        path.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (t + 1) % epoch == 0 and t + 1 < getattr(scheduler, "total_steps", RATES):
            scheduler.step(*([metric(t // epoch)] if metric else []))
    return path


# Name, steps an epoch, steps in all, rates.
schedules = [
    ("step:step_size=2,gamma=0.3", 7, 0, rates(lambda o: S.StepLR(o, 2, gamma=0.3), 7)),
    ("multistep:milestones=2/5/6", 7, 0, rates(lambda o: S.MultiStepLR(o, [2, 5, 6]), 7)),
    ("multistep:gamma=0.5,milestones=10/30,by_step=true", 0, 0, rates(lambda o: S.MultiStepLR(o, [10, 30], gamma=0.5))),
    ("exponential:gamma=0.9", 4, 0, rates(lambda o: S.ExponentialLR(o, 0.9), 4)),
    ("linear:t_max=40,start_factor=0.25,end_factor=0.75,by_step=true", 0, 0,
     rates(lambda o: S.LinearLR(o, start_factor=0.25, end_factor=0.75, total_iters=40))),
    ("polynomial:t_max=40,power=0.9,by_step=true", 0, 0, rates(lambda o: S.PolynomialLR(o, total_iters=40, power=0.9))),
    ("cosine:eta_min=0.01", 0, 60, rates(lambda o: S.CosineAnnealingLR(o, 60, eta_min=0.01))),
    ("cosine_restarts:t_max=10,eta_min=0.01,by_step=true", 0, 0,
     rates(lambda o: S.CosineAnnealingWarmRestarts(o, 10, eta_min=0.01))),
    ("cosine_restarts:t_max=4,t_mult=2,by_step=true", 0, 0, rates(lambda o: S.CosineAnnealingWarmRestarts(o, 4, T_mult=2))),
    ("cosine_restarts:t_max=3,t_mult=3,by_step=true", 0, 0, rates(lambda o: S.CosineAnnealingWarmRestarts(o, 3, T_mult=3))),
    ("one_cycle", 0, 60, rates(lambda o: S.OneCycleLR(o, 0.5, total_steps=60, cycle_momentum=False))),
    ("one_cycle:t_max=50,pct_start=0.4,div_factor=10,final_div_factor=100,by_step=true", 0, 0,
     rates(lambda o: S.OneCycleLR(o, 0.5, total_steps=50, pct_start=0.4, div_factor=10, final_div_factor=100,
                                  cycle_momentum=False))),
    ("triangular:eta_min=0.1,step_size_up=7", 0, 0,
     rates(lambda o: S.CyclicLR(o, 0.1, 0.5, step_size_up=7, cycle_momentum=False))),
    ("triangular2:eta_min=0.1,step_size_up=5,step_size_down=9", 0, 0,
     rates(lambda o: S.CyclicLR(o, 0.1, 0.5, step_size_up=5, step_size_down=9, mode="triangular2", cycle_momentum=False))),
    ("exp_range:gamma=0.97,eta_min=0.1,step_size_up=6", 0, 0,
     rates(lambda o: S.CyclicLR(o, 0.1, 0.5, step_size_up=6, mode="exp_range", gamma=0.97, cycle_momentum=False))),
    ("inverse_sqrt:warmup=10", 0, 0,
     rates(lambda o: S.LambdaLR(o, lambda t: min((t + 1) / 10, (10 / (t + 1)) ** 0.5)))),
]


def metric(k):
    """Falls, then stays, then falls a little, then rises."""
    return [3, 2.5, 2, 2, 2, 2, 2, 1.99999, 1.9, 1.9, 1.9, 1.9, 1.9, 2, 2, 2, 1, 1, 1, 1][k % 20] - k // 20


plateaus = [
    ("plateau:patience=2", 1, 0, rates(lambda o: S.ReduceLROnPlateau(o, patience=2, eps=0), 1, metric)),
    ("plateau:eta_min=0.02,patience=1,cooldown=2,factor=0.5", 1, 0,
     rates(lambda o: S.ReduceLROnPlateau(o, patience=1, eps=0, cooldown=2, factor=0.5, min_lr=0.02), 1, metric)),
    ("plateau:patience=3,threshold=0.2", 1, 0, rates(lambda o: S.ReduceLROnPlateau(o, patience=3, threshold=0.2, eps=0), 1, metric)),
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
print("};\n\ntypedef struct schedule_path {\n    const char *name;\n    int steps_per_epoch, total_steps;")
print("    double rate[%d];\n} schedule_path;" % RATES)
for title, paths in [("schedule_paths", schedules), ("plateau_paths", plateaus)]:
    print("static const schedule_path %s[] = {" % title)
    for name, epoch, total, path in paths:
        print('    {"%s", %d, %d, {%s}},' % (name, epoch, total, row(path)))
    print("};")
print("static const double plateau_metric[] = {%s};" % row([metric(k) for k in range(RATES)]))
print("\n#endif")
