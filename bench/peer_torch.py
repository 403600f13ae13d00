"""The workloads of bench/workload.c in PyTorch.

Without an argument: says what it is, then answers each line of standard input with one line:

    load NAME FOLDER      builds NAME from FOLDER's weights and data, compiled too: "forms N loss loss ..."
    product DTYPE N       a matrix product: "forms 1"
    changing LAYERS BATCH a new net of so many layers each time, as bench/changing.c draws it: "forms 1"
    run FORM TIMES        repeats the loaded work in form 0 (eager) or 1 (compiled): seconds

With `first-step NAME STEPS`: trains so many steps on zeros, prints the most bytes that were resident, and ends.
"""
import json
import signal
import struct
import sys
import time

try:
    import torch
except ImportError:
    print("no torch", flush=True)
    sys.exit()
from torch import nn
from torch.nn import functional as F

THREADS = 2
BATCHES = 8
LOSSES = 5
COMPILE_SECONDS = 75


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 5), nn.Conv2d(32, 64, 5)
        self.fc1, self.fc2 = nn.Linear(1024, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Perceptron(nn.Module):
    def __init__(self, sizes, activation):
        super().__init__()
        self.layers = len(sizes) - 1
        self.activation = activation
        for i in range(self.layers):
            setattr(self, f"fc{i + 1}", nn.Linear(sizes[i], sizes[i + 1]))

    def forward(self, x):
        for i in range(1, self.layers):
            x = self.activation(getattr(self, f"fc{i}")(x))
        return getattr(self, f"fc{self.layers}")(x)


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.stride, self.extra = stride, (channels - before) // 2
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.extra:
            step = self.stride
            x = F.pad(x[:, :, ::step, ::step], (0, 0, 0, 0, self.extra, self.extra))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        for i, (before, channels) in enumerate([(16, 16), (16, 32), (32, 64)]):
            first = Block(before, channels, 1 if i == 0 else 2)
            rest = [Block(channels, channels, 1) for _ in range(2)]
            setattr(self, f"layer{i + 1}", nn.Sequential(first, *rest))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


# Fused optimisers are the fastest that there are, with and without torch.compile.
def sgd(momentum):
    return lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=momentum, fused=True)


# name: net, shape of a batch, optimiser, whether the targets are numbers
WORKLOADS = {
    "lenet": (LeNet, (64, 1, 28, 28), sgd(0.9), False),
    "mlp": (lambda: Perceptron([784, 512, 512, 10], F.relu), (128, 784),
            lambda parameters: torch.optim.Adam(parameters, lr=1e-4, fused=True), False),
    "resnet20": (ResNet20, (128, 3, 32, 32), sgd(0.9), False),
    "tanh": (lambda: Perceptron([2, 32, 32, 1], torch.tanh), (64, 2), sgd(0), True),
}


def read_safetensors(path):
    dtypes = {"F32": torch.float32, "I64": torch.int64}
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {name: torch.frombuffer(data[slice(*t["data_offsets"])], dtype=dtypes[t["dtype"]])
            .reshape(t["shape"]).clone() for name, t in header.items()}


def read_batches(name, folder):
    _, shape, _, is_regression = WORKLOADS[name]
    with open(f"{folder}/x", "rb") as file:
        x = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(BATCHES, *shape)
    with open(f"{folder}/y", "rb") as file:
        dtype = torch.float32 if is_regression else torch.int32
        y = torch.frombuffer(bytearray(file.read()), dtype=dtype).reshape(BATCHES, shape[0])
    y = y.unsqueeze(2) if is_regression else y.long()
    return [(x[i].clone(), y[i].clone()) for i in range(BATCHES)]


def make_step(name, state, batches, compiled):
    """A function that does one training step on the next batch and returns the loss."""
    net, _, optimiser, is_regression = WORKLOADS[name]
    net = net()
    if state:
        net.load_state_dict(state)
    optimiser = optimiser(net.parameters())
    measure = F.mse_loss if is_regression else F.cross_entropy

    def loss_of(x, y):
        return measure(net(x), y)

    if compiled:
        loss_of = torch.compile(loss_of)
    turn = 0

    def step():
        nonlocal turn
        loss = loss_of(*batches[turn % BATCHES])
        turn += 1
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss

    return step


def make_compiled(name, state, batches):
    def too_slow(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(COMPILE_SECONDS)
    try:
        step = make_step(name, state, batches, True)
        step(), step()
        return [step]
    except Exception:  # no compiler, too slow, a bug there: the table says that there is none
        return []
    finally:
        signal.alarm(0)


def load(name, folder):
    state, batches = read_safetensors(f"{folder}/weights.safetensors"), read_batches(name, folder)
    eager = make_step(name, state, batches, False)
    losses = [eager().item() for _ in range(LOSSES)]
    return [eager] + make_compiled(name, state, batches), losses


def product(dtype, n):
    a, b = (torch.rand(n, n, dtype=getattr(torch, dtype)) for _ in range(2))
    c = torch.empty_like(a)
    return [lambda: torch.mm(a, b, out=c)], []


def changing(layers, batch):
    x, seed = torch.rand(batch, 32), 1
    widths, activations = [16, 24, 32, 48], [F.relu, torch.tanh, torch.sigmoid, F.gelu]

    def draw(below):
        nonlocal seed
        seed = (seed * 1664525 + 1013904223) % 2**32
        return (seed >> 16) % below

    def one():
        parameters, before, h = [], 32, x
        for _ in range(layers):
            fc = nn.Linear(before, widths[draw(4)])
            y = activations[draw(4)](fc(h))
            h = h + y if draw(2) and h.shape == y.shape else y
            parameters += fc.parameters()
            before = y.shape[1]
        torch.autograd.grad(h.square().mean(), parameters)

    return [one], []


def serve():
    forms = []
    for line in sys.stdin:
        word, first, second = line.split()
        if word == "run":
            work, times = forms[int(first)], int(second)
            start = time.perf_counter()
            for _ in range(times):
                work()
            print(time.perf_counter() - start, flush=True)
            continue
        if word == "load":
            forms, losses = load(first, second)
        else:
            forms, losses = product(first, int(second)) if word == "product" else changing(int(first), int(second))
        print("forms", len(forms), *losses, flush=True)


def first_step(name, steps):
    _, shape, _, is_regression = WORKLOADS[name]
    y = torch.zeros(shape[0], 1) if is_regression else torch.zeros(shape[0], dtype=torch.int64)
    step = make_step(name, None, [(torch.zeros(shape), y)] * BATCHES, False)
    for _ in range(steps):
        step()
    with open("/proc/self/status") as file:
        print(1024 * int(file.read().split("VmHWM:")[1].split()[0]))


torch.set_num_threads(THREADS)
if len(sys.argv) > 1:
    first_step(sys.argv[2], int(sys.argv[3]))
else:
    print("PyTorch", torch.__version__, flush=True)
    serve()
