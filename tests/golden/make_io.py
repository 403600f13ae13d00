"""Writes tests/golden/io: small files as NumPy, PyTorch, safetensors and Pillow write them, and
what they must read as.

    python3 tests/golden/make_io.py      (numpy, torch, safetensors, pillow)
"""
import gzip
import io
import os
import tarfile

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import save_file

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "io"))
rng = np.random.default_rng(1)

# Tensors: the values are 0, 1, 2, ... divided by 4, so that every dtype holds them.
ramp = torch.arange(6).reshape(2, 3)
save_file({"f32": ramp.float() / 4, "f64": ramp.double() / 4, "i32": ramp.int(), "i64": ramp.long(),
           "u8": ramp.to(torch.uint8), "bool": ramp % 2 == 1, "half": (ramp / 4).half(),
           "brain": (ramp / 4).bfloat16(), "scalar": torch.tensor(7.5), "empty": torch.zeros(0, 3)},
          "torch.safetensors", metadata={"who": "torch"})
save_file({"short": ramp.short()}, "int16.safetensors")

# Arrays.
for dtype in ["<f2", "<f4", ">f8", "|i1", ">i2", "<i4", "<i8", "|u1", "<u2", ">u4", "<u8", "|b1"]:
    np.save(f"{dtype[1:]}.npy", np.arange(6).reshape(2, 3).astype(dtype))
np.save("fortran.npy", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)))
np.save("scalar.npy", np.float64(2.5))
np.save("complex.npy", np.zeros(3, np.complex64))
np.savez("stored.npz", x=np.arange(12, dtype=np.float32).reshape(4, 3), y=np.array([0, 1, 1, 0]),
         text=np.array(["a", "b"]))
np.savez_compressed("deflated.npz", x=np.zeros((8, 3), np.uint8), y=np.arange(8) % 2)
ramp = np.arange(4 * 5 * 6 * 3, dtype=np.uint16).astype(np.uint8).reshape(4, 5, 6, 3)
np.savez("pictures.npz", x_train=ramp, y_train=np.array([0, 1, 0, 1]),
         x_test=ramp.transpose(0, 3, 1, 2)[:2], y_test=np.array([1, 0]))

# Archives: two pictures, the second with a name too long for the first form of the format.
for name, form, long in [("ustar", tarfile.USTAR_FORMAT, 80), ("gnu", tarfile.GNU_FORMAT, 120),
                         ("pax", tarfile.PAX_FORMAT, 120)]:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w", format=form) as tar:
        for path in "train/a/1.pgm", "train/" + "b" * long + "/2.pgm":
            entry = tarfile.TarInfo(path)
            entry.size = len(b"P5 2 1 255\n\1\2")
            tar.addfile(entry, io.BytesIO(b"P5 2 1 255\n\1\2"))
    used = len(memory.getvalue().rstrip(b"\0"))
    data = memory.getvalue()[:(used + 511) // 512 * 512 + 1024]
    open(f"{name}.tar", "wb").write(data)
    if name == "pax":
        open("pax.tar.gz", "wb").write(gzip.compress(data, mtime=0))

# Pictures: what Pillow makes of each, as npy beside it.
h, w = 11, 14
y, x = np.mgrid[0:h, 0:w]
rgb = np.stack([x * 18, y * 23, (x + y) * 10], -1).astype(np.uint8)
grey = (x * 9 + y * 11).astype(np.uint8)
alpha = ((x * 37 + y * 5) % 256).astype(np.uint8)


def keep(name, image, expected, **options):
    image.save(name, **options)
    np.save(name + ".npy", expected)


def on_white(colors, a):
    c, a = colors.astype(int), a.astype(int)
    return ((c * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)


keep("grey.png", Image.fromarray(grey), grey[..., None])
keep("rgb.png", Image.fromarray(rgb), rgb)
keep("rgba.png", Image.fromarray(np.dstack([rgb, alpha])), on_white(rgb, alpha[..., None]))
keep("la.png", Image.fromarray(np.dstack([grey, alpha]), "LA"), on_white(grey, alpha)[..., None])
palette = Image.fromarray(rgb).quantize(16)
keep("palette.png", palette, np.array(palette.convert("RGB")))
grey_palette = Image.fromarray(grey // 64)
grey_palette.putpalette([v for i in range(4) for v in (i * 80, i * 80, i * 80)])
keep("grey_palette.png", grey_palette, (grey // 64 * 80)[..., None].astype(np.uint8))
keep("bit.png", Image.fromarray(grey > 100), ((grey > 100) * 255)[..., None].astype(np.uint8))
deep = grey.astype(np.uint16) * 257
keep("deep.png", Image.fromarray(deep), grey[..., None])
exif = Image.Exif()
exif[0x0112] = 6
keep("turned.png", Image.fromarray(rgb), np.rot90(rgb, -1), exif=exif)
for orientation in range(1, 9):
    exif[0x0112] = orientation
    name = f"turned{orientation}.jpg"
    Image.fromarray(grey).save(name, exif=exif, quality=95)
    np.save(name + ".npy", np.array(ImageOps.exif_transpose(Image.open(name)))[..., None])
for name, pixels, options in [("grey.jpg", grey, {}), ("rgb.jpg", rgb, {}),
                              ("progressive.jpg", rgb, {"progressive": True})]:
    Image.fromarray(pixels).save(name, quality=90, **options)
    decoded = np.array(Image.open(name))
    np.save(name + ".npy", decoded if decoded.ndim == 3 else decoded[..., None])
Image.fromarray(rgb).convert("CMYK").save("cmyk.jpg", quality=95)
np.save("cmyk.jpg.npy", np.array(Image.open("cmyk.jpg").convert("RGB")))
Image.fromarray(rgb).save("rgb.ppm")
Image.fromarray(grey).save("grey.pgm")

# Resizing: Pillow's BILINEAR, which is antialiased.
for height, width in [(5, 7), (3, 20), (30, 4), (11, 14), (1, 1)]:
    resized = Image.fromarray(rgb).resize((width, height), Image.BILINEAR)
    np.save(f"resized_{height}x{width}.npy", np.array(resized))
np.save("luminance.npy", np.array(Image.fromarray(rgb).convert("L"))[..., None])
