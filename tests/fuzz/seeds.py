#!/usr/bin/env python3
"""Makes the first inputs of each target from the files of tests/weights_formats: seeds.py FOLDER"""
import collections
import io
import pathlib
import pickletools
import struct
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])
files = pathlib.Path(__file__).parent.parent / "weights_formats" / "files"


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
