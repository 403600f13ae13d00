#!/usr/bin/env python3
"""Writes tests/golden/spectrum.h: torch.stft, scipy.fft.dct, and the mel bands of torchaudio and librosa by their formulas."""
import numpy as np
import scipy.fft
import torch


def row(name, x):
    numbers = ", ".join(repr(float(v)) for v in np.asarray(x).ravel())
    return f"static const double golden_{name}[] = {{{numbers}}};\n"


def mel(f, slaney):
    if not slaney:
        return 2595 * np.log10(1 + f / 700)
    return f / (200 / 3) if f < 1000 else 15 + np.log(f / 1000) / (np.log(6.4) / 27)


def hertz(m, slaney):
    if not slaney:
        return 700 * (10 ** (m / 2595) - 1)
    return m * 200 / 3 if m < 15 else 1000 * np.exp(np.log(6.4) / 27 * (m - 15))


def bands(mels, n_fft, rate, low, high, slaney):
    bins = np.linspace(0, rate / 2, n_fft // 2 + 1)
    points = np.array([hertz(m, slaney) for m in np.linspace(mel(low, slaney), mel(high, slaney), mels + 2)])
    out = np.zeros((len(bins), mels))
    for j in range(mels):
        l, m, r = points[j:j + 3]
        out[:, j] = np.maximum(0, np.minimum((bins - l) / (m - l), (r - bins) / (r - m)))
        if slaney:
            out[:, j] *= 2 / (r - l)
    return out


x = np.cos(np.arange(20) ** 2 * 0.1)
t = torch.tensor(x)
y = torch.stft(t, 8, 3, window=torch.hann_window(8, dtype=torch.float64), center=True, return_complex=True)
z = torch.stft(t, 6, 2, window=torch.hamming_window(6, dtype=torch.float64), center=False, return_complex=True)
text = "/* Written by spectrum.py. */\n"
text += row("stft_re", y.real) + row("stft_im", y.imag) + row("stft_power", z.abs() ** 2)
text += row("dct7", scipy.fft.dct(x[:7])) + row("dct8_ortho", scipy.fft.dct(x[:8], norm="ortho"))
text += row("mel", bands(4, 16, 8000, 100, 4000, False)) + row("mel_slaney", bands(5, 32, 8000, 0, 4000, True))
text += row("convolved", np.real(np.fft.ifft(np.fft.fft(x[:5]) * np.fft.fft(x[5:10]))))
open(__file__.replace(".py", ".h"), "w").write(text)
