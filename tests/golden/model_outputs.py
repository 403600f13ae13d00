#!/usr/bin/env python3
"""Writes model_outputs.h: what torch's LeNet and ResNet-20 give, with weights and pixels from a formula.

Element i of tensor k of the state_dict (in its order) is centre + width * (u - 1/2), with
u = ((i + 1) * 2654435761 + (k + 1) * 40503 mod 2^32) / 2^32; see model_value in tests/io/test_model.c.

Run: python3 tests/golden/model_outputs.py > tests/golden/model_outputs.h
"""
import numpy as np
import torch
import torch.nn.functional as F

from state_names import LeNet, ResNet20


def unit(k, count):
    i = np.arange(1, count + 1, dtype=np.uint64)
    x = (i * np.uint64(2654435761) + np.uint64((k + 1) * 40503)) % np.uint64(2**32)
    return x.astype(np.float64) / 2.0**32


def fill(module):
    for k, (name, tensor) in enumerate(module.state_dict().items()):
        if name.endswith("num_batches_tracked"):
            continue
        centre, width = 0.0, 0.2
        if name.endswith("running_var") or (".bn" in name or name.startswith("bn")) and name.endswith(".weight"):
            centre, width = 1.0, 0.5
        elif tensor.dim() > 1:
            width = 4.0 / np.sqrt(tensor[0].numel())
        u = unit(k, tensor.numel()).reshape(tuple(tensor.shape))
        tensor.copy_(torch.from_numpy((centre + width * (u - 0.5)).astype(np.float32)))
    return module.eval().double()


def lenet(m, x):
    x = F.max_pool2d(F.relu(m.conv1(x)), 2)
    x = F.max_pool2d(F.relu(m.conv2(x)), 2)
    return m.fc2(F.relu(m.fc1(x.flatten(1))))


def block(m, x, stride):
    y = m.bn2(m.conv2(F.relu(m.bn1(m.conv1(x)))))
    x = x[:, :, ::stride, ::stride]
    more = y.shape[1] - x.shape[1]
    return F.relu(y + F.pad(x, (0, 0, 0, 0, more // 2, more - more // 2)))


def resnet20(m, x):
    x = F.relu(m.bn1(m.conv1(x)))
    for i, layer in enumerate([m.layer1, m.layer2, m.layer3]):
        for j in range(3):
            x = block(layer[j], x, 2 if i and not j else 1)
    return m.fc(x.mean((2, 3)))


def main():
    print("/* Written by model_outputs.py: do not edit. */")
    print("#ifndef CJ_GOLDEN_MODEL_OUTPUTS_H\n#define CJ_GOLDEN_MODEL_OUTPUTS_H\n")
    for name, module, forward, shape in [("lenet", LeNet(), lenet, (2, 1, 28, 28)),
                                         ("resnet20", ResNet20(), resnet20, (2, 3, 32, 32))]:
        with torch.no_grad():
            fill(module)
            pixel = np.floor(unit(1000, int(np.prod(shape))) * 256).reshape(shape)
            p = torch.softmax(forward(module, torch.from_numpy(pixel / 255)), 1).numpy().reshape(-1)
        print("static const double %s_outputs[20] = {" % name)
        for i in range(0, 20, 4):
            print("    " + ", ".join("%.12g" % v for v in p[i:i + 4]) + ",")
        print("};")
    print("\n#endif")


main()
