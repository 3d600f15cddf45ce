#!/usr/bin/env python3
"""Makes the pictures of this folder. They are committed: the tests need neither Python nor this.

    python3 tests/pictures/make.py            # Pillow >= 11, numpy; ImageMagick's `convert`

`scene` is a picture by formula (24 x 16), kept by every format that loses nothing.
`quarters` is four flat colours (32 x 24), which survive lossy formats and show how a picture lies.
"""
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
y, x = np.mgrid[0:16, 0:24]
scene = np.stack([x * 11, y * 17, (x * 7 + y * 5) % 256], axis=-1).astype(np.uint8)
deep = np.stack([x * 2800 + 3, y * 4300 + 7, (x * 1009 + y * 2003) % 65536], axis=-1).astype(np.uint16)

RED, GREEN, BLUE, YELLOW = (220, 40, 30), (40, 200, 60), (40, 60, 210), (230, 210, 50)
quarters = np.zeros((24, 32, 3), np.uint8)
quarters[:12, :16], quarters[:12, 16:], quarters[12:, :16], quarters[12:, 16:] = RED, GREEN, BLUE, YELLOW


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path, samples, colour_type, depth, before=(), after=()):
    """A PNG written by hand, where Pillow cannot write it (16 bit RGB, odd chunks)."""
    height, width = samples.shape[:2]
    rows = samples.astype(">u2" if depth == 16 else "u1")
    raw = b"".join(b"\0" + rows[i].tobytes() for i in range(height))
    (HERE / path).write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
        + b"".join(chunk(*c) for c in before)
        + chunk(b"IDAT", zlib.compress(raw, 9))
        + b"".join(chunk(*c) for c in after)
        + chunk(b"IEND", b"")
    )


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e.tobytes()


def save(array, name, mode=None, **options):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(HERE / name, **options)


def convert(*arguments):
    subprocess.run(["convert", *map(str, arguments)], check=True, cwd=HERE)


# What loses nothing.
save(scene, "scene.png")
save(scene, "scene.bmp")
save(scene, "scene.ppm")
save(scene, "scene.qoi")
save(scene, "scene.tif", compression="tiff_lzw")
save(scene, "scene.webp", lossless=True)
convert("scene.png", "-interlace", "PNG", "-define", "png:exclude-chunks=all", "scene_interlaced.png")
png("scene_deep.png", deep, 2, 16)
(HERE / "scene_deep.ppm").write_bytes(b"P6 24 16 65535\n" + deep.astype(">u2").tobytes())
convert("scene_deep.png", "-compress", "LZW", "scene_deep.tif")
png("grey_deep.png", deep[..., 0], 0, 16)
save(scene[..., 2], "grey.png")
save(scene[..., 2], "grey.jpg", quality=98)

# Alpha: colour stays, alpha grows from left to right.
alpha = np.clip(x * 11, 0, 255).astype(np.uint8)
save(np.dstack([scene, alpha]), "alpha.png")
save(np.dstack([scene[..., 2], alpha]), "grey_alpha.png")
save(np.dstack([scene, alpha]), "alpha.webp", lossless=True, exact=True)
png("alpha_deep.png", np.dstack([deep, alpha.astype(np.uint16) * 257]), 6, 16)
opaque = np.dstack([scene, np.full_like(alpha, 255)])
save(opaque, "opaque.png")

# Palettes; the first entry (red, transparent) is the upper left quarter.
palette = Image.new("P", (32, 24))
palette.putpalette([*RED, *GREEN, *BLUE, *YELLOW])
index = np.zeros((24, 32), np.uint8)
index[:12, 16:], index[12:, :16], index[12:, 16:] = 1, 2, 3
palette.putdata(index.flatten().tolist())
palette.save(HERE / "palette.png", transparency=0)
palette.save(HERE / "palette.bmp")
second = Image.new("P", (32, 24), 3)
second.putpalette(palette.getpalette())
palette.save(HERE / "animated.gif", save_all=True, append_images=[second], transparency=0, duration=50)
palette.save(HERE / "still.gif")
Image.fromarray(quarters).save(
    HERE / "animated.webp", save_all=True, append_images=[Image.fromarray(quarters[::-1])], lossless=True
)
Image.fromarray(quarters).save(
    HERE / "animated.png", save_all=True, append_images=[Image.fromarray(quarters[::-1])]
)

# JPEG.
save(quarters, "quarters.jpg", quality=95)
save(quarters, "quarters_progressive.jpg", quality=95, progressive=True)
save(quarters, "quarters_lossy.webp", quality=95)
# quarters_separate_scans.jpg is not made here: it is `quarters` by the Rust crate jpeg-encoder 0.7.1, quality
# 90, SamplingFactor::R_4_2_0, set_optimized_huffman_tables(true): sequential, a scan for each component.

# Four inks. Pillow writes them as Adobe does: inverted, with an APP14 segment that says transform 0.
cmyk = Image.fromarray(quarters).convert("CMYK")
inks = np.asarray(cmyk).astype(np.float64)
# Some of the colour into the black ink, so that a decoder that forgets black is caught.
black = inks[..., :3].min(axis=-1, keepdims=True)
inks = np.concatenate([(inks[..., :3] - black) / np.maximum(255 - black, 1) * 255, black], axis=-1)
inks = np.rint(inks).astype(np.uint8)
Image.fromarray(inks, "CMYK").save(HERE / "inks_adobe.jpg", quality=97)
# The same without APP14. ImageMagick, Pillow and the browsers take such a file as inverted too.
Image.fromarray(inks, "CMYK").save(HERE / "inks_plain.jpg", quality=97)
data = (HERE / "inks_plain.jpg").read_bytes()
at = data.index(b"\xff\xee")
length = struct.unpack(">H", data[at + 2 : at + 4])[0]
(HERE / "inks_plain.jpg").write_bytes(data[:at] + data[at + 2 + length :])
# YCCK: the inverted CMY of an Adobe file as YCbCr, APP14 says transform 2.
inverted = 255 - inks
ycc = np.asarray(Image.fromarray(inks[..., :3]).convert("YCbCr"))
Image.fromarray(np.dstack([255 - ycc, 255 - inverted[..., 3]]), "CMYK").save(HERE / "inks_ycck.jpg", quality=97)
data = bytearray((HERE / "inks_ycck.jpg").read_bytes())
at = data.index(b"\xff\xee")
data[at + 15] = 2
(HERE / "inks_ycck.jpg").write_bytes(data)
Image.fromarray(inks, "CMYK").save(HERE / "inks.tif", compression="tiff_lzw")

# The eight ways a camera can be held: each shows `quarters` once it is turned as EXIF says.
upright = Image.fromarray(quarters)
undo = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
for orientation, how in undo.items():
    stored = upright.transpose(how) if how is not None else upright
    stored.save(HERE / f"turned_{orientation}.jpg", quality=95, exif=exif(orientation))
turned = upright.transpose(undo[6])
turned.save(HERE / "turned_6.webp", lossless=True, exif=exif(6))
turned.save(HERE / "turned_6.png", exif=exif(6))
turned.save(HERE / "turned_6.tif", tiffinfo={274: 6}, compression="tiff_lzw")

# Light beyond white: three flat bands of linear light, 0.25, 1 and 4.
bands = np.repeat(np.array([0.25, 1.0, 4.0], np.float32), 8)[None, :, None] * np.ones((8, 1, 3), np.float32)
rgbe = bytearray(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 24\n")
for row in bands:
    for value in row[:, 0]:
        mantissa, exponent = np.frexp(value)
        rgbe += bytes([int(mantissa * 256)] * 3 + [int(exponent) + 128])
(HERE / "bands.hdr").write_bytes(bytes(rgbe))
(HERE / "float.tif").unlink(missing_ok=True)
floats = (bands / 4).astype("<f4")
tags = [(256, 3, 1, 24), (257, 3, 1, 8), (258, 3, 3, 0), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 0),
        (277, 3, 1, 3), (278, 3, 1, 8), (279, 4, 1, floats.nbytes), (339, 3, 3, 0)]
extra = 8 + 2 + 12 * len(tags) + 4
values = {258: extra, 339: extra + 6, 273: extra + 12}
ifd = b"".join(struct.pack("<HHII", t, k, n, values.get(t, v)) for t, k, n, v in tags)
(HERE / "float.tif").write_bytes(
    b"II*\0" + struct.pack("<IH", 8, len(tags)) + ifd + struct.pack("<I", 0)
    + struct.pack("<HHH", 32, 32, 32) + struct.pack("<HHH", 3, 3, 3) + floats.tobytes()
)

# Text of every kind, before and after the pixels.
def international(keyword, text, compressed):
    body = zlib.compress(text.encode()) if compressed else text.encode()
    return (b"iTXt", keyword.encode() + b"\0" + bytes([compressed, 0]) + b"\0\0" + body)


png("texts.png", scene, 2, 8,
    before=[(b"tEXt", b"Title\0caf\xe9"), international("Comment", "été", 0)],
    after=[(b"zTXt", b"Software\0\0" + zlib.compress(b"a maker of pictures")), international("Long", "né " * 100, 1)])
# 16 MiB of one letter in a few kB: reading text must not unpack it.
png("text_bomb.png", scene, 2, 8, before=[(b"zTXt", b"Bomb\0\0" + zlib.compress(b"a" * (16 << 20), 9)),
                                         (b"tEXt", b"After\0still read")])

# What Pillow makes of `scene` in floating point, for the resizing tests: filter, width, height, samples.
lines = []
for name, how in [("nearest", Image.Resampling.NEAREST), ("bilinear", Image.Resampling.BILINEAR),
                  ("bicubic", Image.Resampling.BICUBIC), ("lanczos3", Image.Resampling.LANCZOS)]:
    # Even sizes for `nearest`: with odd ones a centre falls between two samples, and either is right.
    for width, height in [(8, 32)] if name == "nearest" else [(7, 5), (5, 18)]:
        bands = [Image.fromarray(scene[..., c].astype(np.float32) / 255).resize((width, height), how) for c in range(3)]
        samples = np.clip(np.dstack([np.asarray(b) for b in bands]), 0, 1).flatten()
        lines.append(f"{name} {width} {height} " + " ".join(f"{s:.6g}" for s in samples))
(HERE / "resized.txt").write_text("\n".join(lines) + "\n")
