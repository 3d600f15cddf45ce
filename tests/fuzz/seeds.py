#!/usr/bin/env python3
"""Makes the first inputs of each target from the files of the tests, and from the presets: seeds.py FOLDER"""
import collections
import io
import pathlib
import pickletools
import struct
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])
tests = pathlib.Path(__file__).parent.parent
files = tests / "weights_formats" / "files"


def seed(target, name, content):
    path = folder / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


for path in sorted(files.iterdir()):
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        seed("safetensors", path.name, content)
        (length,) = struct.unpack_from("<Q", content)
        seed("safetensors", path.name + ".json", content[8 : 8 + length])
    elif path.name.endswith(".zip.pth"):
        seed("zip_checkpoint", path.name, content)
        with zipfile.ZipFile(path) as archive:
            (pickle,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            seed("zip_checkpoint", path.name + ".pkl", archive.read(pickle))
    elif path.suffix in (".pth", ".pkl"):
        seed("legacy_checkpoint", path.name, content)
        # What follows the first three pickles.
        rest = io.BytesIO(content)
        for _ in range(3 if path.suffix == ".pth" else 0):
            collections.deque(pickletools.genops(rest), maxlen=0)
        seed("legacy_checkpoint", path.name + ".rest", rest.read())

for path in sorted((tests / "pictures").iterdir()):
    if path.suffix not in (".py", ".txt"):
        seed("pictures", path.name, path.read_bytes())

# A preset alone; one laid over another; one with settings.
settings = [b"style.weight=2.5", b"image.size=64", b"schedule.steps=7", b"style.layers.block1=0.5", b"optimizer.kind=lbfgs"]
presets = sorted((tests.parent / "presets").glob("*.toml"))
presets += sorted((tests / "presets").glob("*valid/*.toml"))
for index, path in enumerate(presets):
    content = path.read_bytes()
    seed("presets", f"{path.parent.name}-{path.stem}", content)
    if b"\0" not in content:
        over = b'extends = "./base.toml"\n[style]\nweight = 3\n'
        seed("presets", f"{path.parent.name}-{path.stem}.over", over + b"\0" + content)
        set_ = b"\0".join([content, b"", settings[index % 5], settings[(index + 2) % 5]])
        seed("presets", f"{path.parent.name}-{path.stem}.set", set_)
