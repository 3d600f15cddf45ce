"""Writes weights files of every kind, and `expected.json`, which says what is in them.

    python3 tests/weights_formats/make.py FOLDER

needs PyTorch. The files in tests/weights_formats/files were written by PyTorch 2.11; where a python3 can
import torch, the tests write and read them anew. For each file `expected.json` has either the tensors
(element type, shape, and the elements in row-major order as hexadecimal bytes) or what it is refused for.
"""

import collections
import json
import os
import pickle
import struct
import sys
import warnings

import torch

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.bool: "BOOL",
    torch.uint16: "U16",
}

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
expected = {}


def numbers(*shape, kind=torch.float32):
    """Numbers that differ from each other, exact in every floating-point type."""
    count = torch.Size(shape).numel()
    return (torch.arange(count) % 251 * 0.25 - 3).reshape(shape).to(kind)


def described(tensor):
    plain = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
    elements = bytes(plain.untyped_storage()) if plain.numel() else b""
    return {
        "number": NAMES[tensor.dtype],
        "shape": list(tensor.shape),
        "elements": elements.hex(),
    }


def write(name, saved, tensors=None, formats=("zip", "legacy"), **options):
    """Saves in both formats; `tensors` are those that are expected, all of `saved` unless given."""
    wanted = {key: described(tensor) for key, tensor in (tensors or saved).items()}
    for kind in formats:
        file = f"{name}.{kind}.pth"
        path = os.path.join(folder, file)
        torch.save(saved, path, _use_new_zipfile_serialization=kind == "zip", **options)
        loaded = torch.load(path, weights_only=False)
        inner = loaded.get("state_dict", loaded)
        assert {key: described(inner[key]) for key in wanted} == wanted, file
        expected[file] = {"tensors": wanted}


def write_refused(name, saved, refused, **options):
    for kind in ["zip", "legacy"]:
        file = f"{name}.{kind}.pth"
        path = os.path.join(folder, file)
        torch.save(saved, path, _use_new_zipfile_serialization=kind == "zip", **options)
        expected[file] = {"refused": refused}


# Every element type, a scalar, tensors without elements.
kinds = collections.OrderedDict()
for kind in list(NAMES)[:-1]:
    kinds[f"features.0.{NAMES[kind].lower()}"] = numbers(2, 3, kind=kind)
kinds["scalar"] = torch.tensor(2.5)
kinds["none"] = torch.zeros(0, 3)
kinds["größe"] = numbers(1)
write("kinds", kinds)
# PyTorch cannot read its own legacy files of the newer types.
write("newer_kind", {"a": numbers(3, 2, kind=torch.uint16).t()}, formats=["zip"])

# Tensors whose elements do not lie in order, and tensors that share a storage.
whole = numbers(40)
image = numbers(2, 3, 4, 5)
write(
    "strides",
    {
        "transposed": numbers(3, 4).t(),
        "channels_last": image.to(memory_format=torch.channels_last),
        "permuted": image.permute(2, 0, 3, 1),
        "every_second": numbers(4, 6)[::2, 1::2],
        "repeated": numbers(3).expand(2, 3),
        "whole": whole,
        "part": whole[10:22].view(3, 4),
        "overlapping": whole.as_strided((3, 4), (2, 3), 5),
        "column": numbers(4, 6)[:, 3:4],
    },
)

# Parameters, buffers, and the `_metadata` of a network's dictionary.
network = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Linear(3, 2))
with torch.no_grad():
    for parameter in network.parameters():
        parameter.copy_(numbers(*parameter.shape))
write("network", network.state_dict())
write("parameters", network.state_dict(keep_vars=True))
write("protocol4", network.state_dict(), pickle_protocol=4)
write("protocol5", network.state_dict(), pickle_protocol=5)

# As training programs save: the dictionary is one of several things.
training = {
    "epoch": 90,
    "arch": "vgg19",
    "loss": 0.125,
    "device": torch.device("cpu"),
    "size": torch.Size([3, 224, 224]),
    "history": [1, 2.5, None, True, (1 << 40), -(1 << 70)],
    "state_dict": network.state_dict(),
    "other": {"momentum": numbers(3)},
}
write("training", training, network.state_dict())


# As PyTorch 0.1 wrote them under Python 2: tensors and parameters that are given their state after they
# were made, parts of storages, texts of bytes, a dictionary made from a list.
def old_checkpoint():
    def text(value):
        return b"U" + bytes([len(value)]) + value.encode()

    def name(module, value):
        return f"c{module}\n{value}\n".encode()

    def number(value):
        return b"K" + bytes([value])

    def tensor(key, count, offset, shape, strides, part=b"N"):
        storage = b"(" + text("storage") + name("torch", "FloatStorage") + text(key) + text("cpu")
        storage += number(count) + part + b"tQ"
        sides = b"(" + b"".join(map(number, shape)) + b"t"
        steps = b"(" + b"".join(map(number, strides)) + b"t"
        return name("torch", "FloatTensor") + b")R(" + storage + number(offset) + sides + steps + b"tb"

    def parameter(inner):
        return name("torch.nn.parameter", "Parameter") + b")\x81(" + inner + b"N}\x88\x89tb"

    def entry(key, value):
        return b"](" + text(key) + value + b"e"

    part = b"(" + text("part") + number(2) + number(4) + b"t"
    rebuilt = name("torch._utils", "_rebuild_tensor") + b"((" + text("storage")
    rebuilt += name("torch", "FloatStorage") + text("b") + text("cuda:0") + number(6) + b"NtQ"
    rebuilt += number(0) + b"(K\x02K\x03tI3\nK\x01\x86tR"
    saved = b"\x80\x02" + name("collections", "OrderedDict") + b"](" + b"".join(
        [
            entry("features.0.weight", parameter(tensor("a", 6, 0, [2, 3], [3, 1]))),
            entry("features.0.bias", tensor("a", 6, 1, [3], [1], part)),
            entry("features.2.weight", rebuilt),
        ]
    ) + b"e\x85R."
    a, b = numbers(6), numbers(6) + 1
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    file = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03."
    file += pickle.dumps(system, protocol=2) + saved + b"\x80\x02](" + text("a") + text("b") + b"e."
    for storage in [a, b]:
        file += struct.pack("<q6f", 6, *storage.tolist())
    return file, {
        "features.0.weight": described(a.view(2, 3)),
        "features.0.bias": described(a[3:6]),
        "features.2.weight": described(b.view(2, 3)),
    }


file, tensors = old_checkpoint()
with open(os.path.join(folder, "old.legacy.pth"), "wb") as output:
    output.write(file)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    loaded = torch.load(output.name, map_location="cpu", weights_only=False, encoding="utf-8")
assert {name: described(tensor) for name, tensor in loaded.items()} == tensors
expected["old.legacy.pth"] = {"tensors": tensors}


# Files that would run something, or make another object than data. They are never loaded here.
class Attack:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


command = "touch attacked"
write_refused("attack", {"features.0.weight": Attack(os.system, command)}, "posix.system")
write_refused(
    "attack_protocol4", {"a": Attack(os.system, command)}, "posix.system", pickle_protocol=4
)
write_refused("attack_eval", [Attack(eval, "1")], "__builtin__.eval")
write_refused("attack_getattr", {"a": Attack(getattr, torch.Size, "numel")}, "__builtin__.getattr")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    write_refused("whole_network", torch.nn.ReLU(), "torch.nn.modules.activation.ReLU")
with open(os.path.join(folder, "attack.pkl"), "wb") as output:
    output.write(pickle.dumps(Attack(os.system, command), protocol=2))
expected["attack.pkl"] = {"refused": "posix.system"}


# The same by the safetensors format.
def safetensors(tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        wanted = described(tensor)
        elements = bytes.fromhex(wanted["elements"])
        header[name] = {
            "dtype": wanted["number"],
            "shape": wanted["shape"],
            "data_offsets": [len(data), len(data) + len(elements)],
        }
        data += elements
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


with open(os.path.join(folder, "kinds.safetensors"), "wb") as output:
    output.write(safetensors(kinds))
expected["kinds.safetensors"] = {
    "tensors": {name: described(tensor) for name, tensor in kinds.items()}
}

with open(os.path.join(folder, "expected.json"), "w") as output:
    json.dump(expected, output, indent=1, ensure_ascii=False)
    output.write("\n")
