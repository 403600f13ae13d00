#!/usr/bin/env python3
"""Writes state_names.h: the state_dicts of LeNet and ResNet-20 in torch: names and shapes, in order.

Run: python3 tests/golden/state_names.py > tests/golden/state_names.h
"""
from torch import nn


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.conv2 = nn.Conv2d(32, 64, 5)
        self.fc1 = nn.Linear(1024, 128)
        self.fc2 = nn.Linear(128, 10)


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        before = 16
        for i, channels in enumerate([16, 32, 64]):
            blocks = []
            for j in range(3):
                blocks.append(Block(before, channels, 2 if i and not j else 1))
                before = channels
            setattr(self, "layer%d" % (i + 1), nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)


def main():
    print("/* Written by state_names.py: do not edit. */")
    print("#ifndef CJ_GOLDEN_STATE_NAMES_H\n#define CJ_GOLDEN_STATE_NAMES_H\n\n#include \"golden/golden.h\"\n")
    for name, model in [("lenet", LeNet()), ("resnet20", ResNet20())]:
        print("static const golden_tensor %s_state[] = {" % name)
        for label, t in model.state_dict().items():
            print('    {"%s", %d, {%s}, 0},' % (label, t.dim(), ", ".join(map(str, t.shape)) or "0"))
        print("};\nenum { %s_parameters = %d };\n" % (name, sum(p.numel() for p in model.parameters())))
    print("#endif")


if __name__ == "__main__":
    main()
