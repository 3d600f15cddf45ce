"""The formulas of stylescope in plain PyTorch: the other side of its numeric tests.

Nothing here is shared with the Rust program. It needs torch and the standard library only.

    python tests/pytorch/reference.py golden [--weights squeezenet1_0.safetensors]
        writes tests/pytorch/golden.json and prints how far float32 is from float64
    python tests/pytorch/reference.py case RECIPE --network NETWORK --out FILE.safetensors
        one case with full tensors, at any size (--height, --width, --steps, --weights, ...)
    python tests/pytorch/reference.py weights RECIPE --network NETWORK --out FILE.safetensors
        the random weights that the recipe uses, under torchvision's names

RECIPE is reference, reference-intended or gatys; NETWORK is vgg16, vgg19 or squeezenet1_0.

Random numbers
    They come from splitmix64, by counter, so that any program can produce the same bits. All
    integers are modulo 2^64, GOLDEN = 0x9E3779B97F4A7C15:

        finalise(z):  z ^= z >> 30;  z *= 0xBF58476D1CE4E5B9
                      z ^= z >> 27;  z *= 0x94D049BB133111EB
                      z ^= z >> 31
        tensor_seed(seed, k) = finalise(seed * 1000003 + k)
        z(index)             = finalise(tensor_seed + (index + 1) * GOLDEN)
        u(index)             = (z(index) >> 40) / 2^24      in [0, 1), exact in float32

    index counts the elements of a tensor from 0, row-major. Everything derived from u is computed
    in float64 and rounded once to float32.

Weights, seed 1
    k = 2 * d for the weight and 2 * d + 1 for the bias of convolution d, counted from 0 in order
    of depth (in a fire module: squeeze, expand1x1, expand3x3).
    weight = (2u - 1) * sqrt(6 / (C_in * kh * kw)),  bias = (2u - 1) * 0.05

Pictures [1, 3, H, W], RGB in [0, 1], seed 7; x in 0..W, y in 0..H, channel c in 0..3
    sx = sin(2 pi * (a[c] * (x + 0.5) / W + p[c]))
    cy = cos(2 pi * (b[c] * (y + 0.5) / H + q[c]))
    value = 0.8 * (0.5 + 0.5 * (sx * cy)) + 0.2 * u
    content: k = 0, a = 1, 1.5, 2;  b = 1.5, 1, 2.5;  p = 0, 0.15, 0.3;  q = 0.1, 0.35, 0.2
    style:   k = 1, a = 5, 7, 4;    b = 4, 3, 6;      p = 0.2, 0, 0.4;   q = 0, 0.25, 0.1
    initial: clamp(content + 0.1 * (2u - 1), 0, 1), k = 2, content being the rounded float32.
    The initial picture is not the content picture, so that the content loss has a gradient.

Samples
    A tensor of n elements is sampled at the row-major indices (1009 * i) mod n, i = 0, 1, 2, ...:
    64 of them in the cases, 16 of the generated pictures, 8 in the parts. norm is the Euclidean
    norm; norm, sum and mean are added up in float64. A sample of a gradient is to be compared on
    the scale of max_abs, not of itself: some are near 0.

Steps
    x_0 is the initial picture. Step t evaluates loss and gradient at x_(t-1) and makes x_t.
    `start` and `gradient` are those at x_0, `total_by_step[t-1]` is the loss that step t saw
    (so the last one is the 20th evaluation, at x_19), and `picture` is x_20.

Losses
    total   = content + style
    content = content_weight * sum of layer weight * error
    style   = style_weight   * sum of layer weight * error
    error is what a recipe's function below returns: nothing is weighted yet, every division by
    sizes is done. `weighted` is that layer's share of the total.

How near two right answers are
    `float32_to_float64` says for each case how far this very computation in float32 is from the
    same in float64. Losses and gradient agree to a few 1e-6. Twenty steps do not always: ReLU and
    max pooling have kinks, and Adam's first steps only look at the sign of the gradient, so
    rounding grows from step to step. `gatys` on random VGG is the worst.
"""

import argparse
import hashlib
import json
import math
import struct
from pathlib import Path

import torch
import torch.nn.functional as F

# ------------------------------------------------------------------------------ random numbers

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def finalise(z):
    z ^= z >> 30
    z = z * FIRST & MASK
    z ^= z >> 27
    z = z * SECOND & MASK
    return z ^ z >> 31


def tensor_seed(seed, k):
    return finalise((seed * 1000003 + k) & MASK)


def uniform(seed, k, shape):
    """u for every element, float64. int64 wraps modulo 2^64 as unsigned integers do."""

    def signed(z):
        return z - (1 << 64) if z >> 63 else z

    def shifted(z, bits):  # the logical shift
        return z >> bits & (1 << 64 - bits) - 1

    z = torch.arange(1, math.prod(shape) + 1) * signed(GOLDEN) + signed(tensor_seed(seed, k))
    z = (z ^ shifted(z, 30)) * signed(FIRST)
    z = (z ^ shifted(z, 27)) * signed(SECOND)
    z = z ^ shifted(z, 31)
    return shifted(z, 40).double().reshape(shape) / 2**24


# ------------------------------------------------------------------------------------ pictures

PICTURES = {
    "content": dict(
        k=0, a=(1, 1.5, 2), b=(1.5, 1, 2.5), p=(0, 0.15, 0.3), q=(0.1, 0.35, 0.2)
    ),
    "style": dict(k=1, a=(5, 7, 4), b=(4, 3, 6), p=(0.2, 0, 0.4), q=(0, 0.25, 0.1)),
}


def picture(name, height, width):
    d = PICTURES[name]
    waves = []
    for a, b, p, q in zip(d["a"], d["b"], d["p"], d["q"]):
        sx = [math.sin(2 * math.pi * (a * (x + 0.5) / width + p)) for x in range(width)]
        cy = [math.cos(2 * math.pi * (b * (y + 0.5) / height + q)) for y in range(height)]
        sx, cy = torch.tensor(sx, dtype=torch.float64), torch.tensor(cy, dtype=torch.float64)
        waves.append(0.5 + 0.5 * (sx[None, :] * cy[:, None]))
    u = uniform(7, d["k"], (1, 3, height, width))
    return (0.8 * torch.stack(waves)[None] + 0.2 * u).float()


def initial_picture(content):
    u = uniform(7, 2, content.shape)
    return (content.double() + 0.1 * (2 * u - 1)).clamp(0, 1).float()


# ------------------------------------------------------------------------------------ networks

# Channels of the convolutions (3x3, padding 1), block by block.
VGG = {
    "vgg16": [(64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3],
    "vgg19": [(64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4],
}

# Number of the fire module: torchvision's index, channels of squeeze and of each expand.
FIRE = {
    2: (3, 16, 64), 3: (4, 16, 64), 4: (5, 32, 128),
    5: (7, 32, 128), 6: (8, 48, 192), 7: (9, 48, 192), 8: (10, 64, 256),
    9: (12, 64, 256),
}  # fmt: skip

NETWORKS = ["vgg16", "vgg19", "squeezenet1_0"]
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def convolutions(network):
    """(torchvision's name, shape of the weight) in order of depth."""
    found, inputs = [], 3
    if network in VGG:
        index = 0
        for block in VGG[network]:
            for outputs in block:
                found.append((f"features.{index}", (outputs, inputs, 3, 3)))
                inputs, index = outputs, index + 2
            index += 1
    else:
        found.append(("features.0", (96, 3, 7, 7)))
        inputs = 96
        for index, squeeze, expand in FIRE.values():
            found.append((f"features.{index}.squeeze", (squeeze, inputs, 1, 1)))
            found.append((f"features.{index}.expand1x1", (expand, squeeze, 1, 1)))
            found.append((f"features.{index}.expand3x3", (expand, squeeze, 3, 3)))
            inputs = 2 * expand
    return found


class RandomWeights(dict):
    """name -> tensor, made when it is first asked for, so no deeper than the taps reach."""

    def __init__(self, network, seed=1):
        self.seed = seed
        self.place = {n: (d, s) for d, (n, s) in enumerate(convolutions(network))}

    def __missing__(self, name):
        convolution, kind = name.rsplit(".", 1)
        d, shape = self.place[convolution]
        if kind == "weight":
            bound = math.sqrt(6 / math.prod(shape[1:]))
            value = (2 * uniform(self.seed, 2 * d, shape) - 1) * bound
        else:
            value = (2 * uniform(self.seed, 2 * d + 1, shape[:1]) - 1) * 0.05
        self[name] = value.float()
        return self[name]


def features(image, network, weights, pooling, wanted):
    """The features at the wanted layers: layer name -> [C, H, W]."""
    taps = {}

    def conv(x, name, **options):
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), **options)

    def vgg(x):
        index = 0
        for b, block in enumerate(VGG[network], 1):
            for i in range(1, len(block) + 1):
                x = conv(x, f"features.{index}", padding=1)
                yield f"conv{b}_{i}", x
                x = F.relu(x)
                yield f"relu{b}_{i}", x
                index += 2
            x = F.max_pool2d(x, 2) if pooling == "max" else F.avg_pool2d(x, 2)
            yield f"pool{b}", x
            index += 1

    def squeezenet(x):
        def pool(x):
            f = F.max_pool2d if pooling == "max" else F.avg_pool2d
            return f(x, 3, 2, ceil_mode=True)

        x = conv(x, "features.0", stride=2)
        yield "conv1", x
        x = F.relu(x)
        yield "relu1", x
        x = pool(x)
        yield "pool1", x
        for number, (index, _, _) in FIRE.items():
            s = F.relu(conv(x, f"features.{index}.squeeze"))
            one = F.relu(conv(s, f"features.{index}.expand1x1"))
            three = F.relu(conv(s, f"features.{index}.expand3x3", padding=1))
            x = torch.cat([one, three], dim=1)
            yield f"fire{number}", x
            if number in (4, 8):
                x = pool(x)
                yield f"pool{number}", x

    mean = torch.tensor(MEAN, dtype=image.dtype).reshape(1, 3, 1, 1)
    deviation = torch.tensor(DEVIATION, dtype=image.dtype).reshape(1, 3, 1, 1)
    x = (image - mean) / deviation
    for name, x in vgg(x) if network in VGG else squeezenet(x):
        if name in wanted:
            taps[name] = x[0]
        if len(taps) == len(wanted):
            return taps
    raise SystemExit(f"{network} has no layer named {sorted(set(wanted) - set(taps))}")


# ------------------------------------------------------------------------------------- recipes


def gram(f):
    f = f.flatten(1)
    return f @ f.T


def reference_content(f, p):
    """mean((F - P)^2)"""
    return ((f - p) ** 2).mean()


def reference_style(f, s):
    """mean((G - A)^2) / (C H W), G = F F^T"""
    channels, height, width = f.shape
    return ((gram(f) - gram(s)) ** 2).mean() / (channels * height * width)


def gatys_content(f, p):
    """1/2 sum (F - P)^2"""
    return 0.5 * ((f - p) ** 2).sum()


def gatys_style(f, s):
    """1 / (4 C^2 M^2) sum (G - A)^2, M = H W.

    The paper writes it for two pictures of one size. Here each Gram matrix is divided by the M of
    its own picture, which is the same thing when the sizes agree.
    """
    channels = f.shape[0]
    g = gram(f) / (f.shape[1] * f.shape[2])
    a = gram(s) / (s.shape[1] * s.shape[2])
    return ((g - a) ** 2).sum() / (4 * channels**2)


# `style_size` None: the content's, that is, stretched to it. The layers are VGG's.
RECIPES = {
    "reference": dict(
        content=reference_content, style=reference_style,
        content_weight=1.0, style_weight=1e5,
        content_layers={"conv4_2": 1.0},
        style_layers={"conv1_1": 1.0, "conv2_1": 0.8, "conv3_1": 0.5, "conv4_1": 0.3,
                      "conv4_2": 0.1},
        pooling="max", learning_rate=1e-3, normalized=True, clamp=False, style_size=None,
    ),
    "gatys": dict(
        content=gatys_content, style=gatys_style,
        content_weight=1.0, style_weight=1e3,
        content_layers={"relu4_2": 1.0},
        style_layers={"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2,
                      "relu5_1": 0.2},
        pooling="average", learning_rate=0.02, normalized=False, clamp=True, style_size=(72, 56),
    ),
}  # fmt: skip
RECIPES["reference-intended"] = RECIPES["reference"] | dict(
    style_layers={"conv1_1": 1.0, "conv2_1": 0.8, "conv3_1": 0.5, "conv4_1": 0.3, "conv5_1": 0.1},
)

# Where the recipes' layers lie in SqueezeNet; a fire module's output is behind its ReLUs.
SQUEEZENET_LAYERS = {
    "conv1_1": "conv1", "conv2_1": "fire2", "conv3_1": "fire3",
    "conv4_1": "fire4", "conv4_2": "fire5", "conv5_1": "fire6",
    "relu1_1": "relu1", "relu2_1": "fire2", "relu3_1": "fire3",
    "relu4_1": "fire4", "relu4_2": "fire5", "relu5_1": "fire6",
}  # fmt: skip


def layers_for(network, layers):
    if network in VGG:
        return layers
    return {SQUEEZENET_LAYERS[name]: weight for name, weight in layers.items()}


def weighted_sum(weights, errors):
    return sum(weight * errors[name] for name, weight in weights.items())


def run(recipe, network, weights, content, style, initial, steps):
    """The optimisation. Everything is computed in the dtype of the pictures."""
    r = RECIPES[recipe]
    content_layers = layers_for(network, r["content_layers"])
    style_layers = layers_for(network, r["style_layers"])
    with torch.no_grad():
        p = features(content, network, weights, r["pooling"], set(content_layers))
        s = features(style, network, weights, r["pooling"], set(style_layers))

    def losses(x):
        f = features(x, network, weights, r["pooling"], {*content_layers, *style_layers})
        content_errors = {n: r["content"](f[n], p[n]) for n in content_layers}
        style_errors = {n: r["style"](f[n], s[n]) for n in style_layers}
        content_loss = r["content_weight"] * weighted_sum(content_layers, content_errors)
        style_loss = r["style_weight"] * weighted_sum(style_layers, style_errors)
        return content_loss + style_loss, content_loss, style_loss, content_errors, style_errors, f

    # The reference program optimises the picture as the network sees it, the other recipe RGB.
    deviation = torch.tensor(DEVIATION).to(initial).view(3, 1, 1) if r["normalized"] else 1.0
    mean = torch.tensor(MEAN).to(initial).view(3, 1, 1) if r["normalized"] else 0.0
    variable = ((initial - mean) / deviation).requires_grad_()
    adam = torch.optim.Adam([variable], lr=r["learning_rate"], betas=(0.9, 0.999), eps=1e-8)
    table, gradient, start = [], None, None
    for _ in range(steps):
        adam.zero_grad()
        x = variable * deviation + mean
        x.retain_grad()
        total, content_loss, style_loss, content_errors, style_errors, f = losses(x)
        total.backward()
        if start is None:
            gradient = x.grad.clone()
            start = {
                "total": total.item(),
                "content": content_loss.item(),
                "style": style_loss.item(),
                "content_layers": {
                    n: {"error": e.item(), "weighted": r["content_weight"] * w * e.item()}
                    for (n, w), e in zip(content_layers.items(), content_errors.values())
                },
                "style_layers": {
                    n: {"error": e.item(), "weighted": r["style_weight"] * w * e.item()}
                    for (n, w), e in zip(style_layers.items(), style_errors.values())
                },
            }
            rms = {n: (a.double() ** 2).mean().sqrt().item() for n, a in f.items()}
        table.append([v.item() for v in (total, content_loss, style_loss, *style_errors.values())])
        adam.step()
        if r["clamp"]:
            with torch.no_grad():
                variable.clamp_(0, 1)
    picture = (variable * deviation + mean).detach()
    return dict(start=start, gradient=gradient, picture=picture, losses=table, rms=rms)


# --------------------------------------------------------------------- parts: loss by loss term


def size(term, f):
    channels, height, width = f.shape
    return {"none": 1, "hw": height * width, "chw": channels * height * width}[term]


def statistic(kind, normalization, f):
    """S of features f [C, H, W]; mu has no normalization other than its own 1 / (H W)."""
    matrix = f.flatten(1)
    mean = matrix.mean(dim=1, keepdim=True)
    if kind == "gram":
        return matrix @ matrix.T / size(normalization, f)
    if kind == "covariance":
        return (matrix - mean) @ (matrix - mean).T / size(normalization, f)
    return mean[:, 0]


def style_error(kind, s, a):
    difference = (s - a) ** 2
    return {
        "mean": difference.mean(),
        "sum": difference.sum(),
        "relative": difference.mean() / (a**2).mean(),
    }[kind]


def content_error(kind, f, p):
    difference = (f - p) ** 2
    return {
        "mean": difference.mean(),
        "sum": difference.sum(),
        "half_sum": 0.5 * difference.sum(),
        "relative": difference.mean() / p.var(correction=0),
    }[kind]


def variation(form, x):
    """The sum over x [1, 3, H, W]; `eight_neighbours` is a mean by itself. Differences are to the
    right (dx) and down (dy). The reduction `mean` divides the sum by C H W."""
    dx = x[..., :, 1:] - x[..., :, :-1]
    dy = x[..., 1:, :] - x[..., :-1, :]
    if form == "absolute":  # sum |dx| over H x (W-1), sum |dy| over (H-1) x W
        return dx.abs().sum() + dy.abs().sum()
    if form == "squared":  # the same region
        return 0.5 * ((dx**2).sum() + (dy**2).sum())
    if form == "power":  # where both differences exist: (H-1) x (W-1); exponent 1.25
        return ((dx[..., :-1, :] ** 2 + dy[..., :, :-1] ** 2) ** 1.25).sum()
    # eight_neighbours: one pixel more on every side, repeated. Axial differences over the H x W
    # pixels of the picture, diagonal ones over all (H+1) x (W+1) squares of four pixels.
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    here, right, below = x[..., 1:-1, 1:-1], x[..., 1:-1, 2:], x[..., 2:, 1:-1]
    falling = x[..., 1:, 1:] - x[..., :-1, :-1]
    rising = x[..., 1:, :-1] - x[..., :-1, 1:]
    axial = ((right - here) ** 2).mean() / 3 + ((below - here) ** 2).mean() / 3
    return 2 * (axial + (falling**2).mean() / 12 + (rising**2).mean() / 12)


def part_inputs(dtype):
    """Features u * 2 - 0.5 with seed 8: F is k = 0, [4, 6, 7]; the style's is k = 1, [4, 5, 8], of
    another size on purpose; the content's target P is k = 2, [4, 6, 7]. The picture of the
    variation is the initial one at height 9, width 11."""
    shapes = [(4, 6, 7), (4, 5, 8), (4, 6, 7)]
    f, s, p = ((2 * uniform(8, k, n) - 0.5).float().to(dtype) for k, n in enumerate(shapes))
    return f, s, p, initial_picture(picture("content", 9, 11)).to(dtype)


def parts(dtype):
    """name -> (value, its gradient by F or by the picture)"""
    f, s, p, x = part_inputs(dtype)
    found = {}

    def add(name, function, at):
        at = at.clone().requires_grad_()
        value = function(at)
        found[name] = value.detach(), torch.autograd.grad(value, at)[0]

    for error in ("mean", "sum", "relative"):
        for n in ("none", "hw", "chw"):
            one = {
                k: lambda f, k=k: style_error(error, statistic(k, n, f), statistic(k, n, s))
                for k in ("gram", "covariance", "mean")
            }
            add(f"style/gram/{n}/{error}", one["gram"], f)
            add(f"style/covariance/{n}/{error}", one["covariance"], f)
            # both, each with its own error, added
            both = lambda f: one["covariance"](f) + one["mean"](f)
            add(f"style/covariance_and_mean/{n}/{error}", both, f)
        add(f"style/mean/none/{error}", one["mean"], f)
    for error in ("mean", "sum", "half_sum", "relative"):
        add(f"content/{error}", lambda f: content_error(error, f, p), f)
    for form in ("absolute", "squared", "power"):
        add(f"variation/{form}/sum", lambda x: variation(form, x), x)
        add(f"variation/{form}/mean", lambda x: variation(form, x) / x.numel(), x)
    add("variation/eight_neighbours/mean", lambda x: variation("eight_neighbours", x), x)
    return found


def adam_alone(dtype):
    """20 steps of Adam on f(x) = sum 1/2 a (x - t)^2, without clamp, for two candidates side by
    side. Shapes [3, 2, 4]; candidate n draws with seed 9: a = 0.5 + 2u (k = 3n), t = u (k = 3n+1),
    x_0 = u (k = 3n+2).

    The moving average of the iterates, decay 0.9: v_t = 0.9 v_(t-1) + 0.1 x_t from v_0 = 0, and
    average = v_20 / (1 - 0.9^20). `average_with_start` counts x_0 as the first of 21 iterates.
    """
    settings = [
        dict(lr=0.02, betas=(0.9, 0.999), eps=1e-8),
        dict(lr=0.1, betas=(0.8, 0.99), eps=1e-3),
    ]
    found = []
    for n, setting in enumerate(settings):
        a, t, x = (uniform(9, 3 * n + i, (3, 2, 4)) for i in range(3))
        a, t, x = (v.float().to(dtype) for v in (0.5 + 2 * a, t, x))
        x.requires_grad_()
        adam = torch.optim.Adam([x], **setting)
        iterates, losses = [x.detach().clone()], []
        for _ in range(20):
            adam.zero_grad()
            loss = (0.5 * a * (x - t) ** 2).sum()
            loss.backward()
            losses.append(loss.item())
            adam.step()
            iterates.append(x.detach().clone())

        def average(iterates):
            v = torch.zeros_like(iterates[0])
            for x in iterates:
                v = 0.9 * v + 0.1 * x
            return v / (1 - 0.9 ** len(iterates))

        found.append(dict(
            setting=setting, losses=losses, after_20=iterates[-1],
            average=average(iterates[1:]), average_with_start=average(iterates),
        ))  # fmt: skip
    return found


# --------------------------------------------------------------------------------------- files


def read_safetensors(path):
    """8 bytes: length of the header; the header, JSON; then the raw little-endian numbers."""
    data = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", f"{name} is {entry['dtype']}, not F32"
            begin, end = entry["data_offsets"]
            part = data[8 + length + begin : 8 + length + end]
            found[name] = torch.frombuffer(part, dtype=torch.float32).reshape(entry["shape"])
    return found


def write_safetensors(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, t in tensors.items():
        end = offset + 4 * t.numel()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            raw = bytearray(4 * t.numel())
            torch.frombuffer(raw, dtype=torch.float32).copy_(t.flatten())
            file.write(raw)


def write_json(path, value):
    """Objects over several lines; lists, and objects of plain numbers, on one line."""

    def text(v, indent):
        if isinstance(v, float):
            v = float(f"{v:.9g}")  # 9 digits give back the same float32
        if isinstance(v, list):
            return "[" + ", ".join(text(i, "") for i in v) + "]"
        if not isinstance(v, dict):
            return json.dumps(v)
        flat = not any(isinstance(i, (dict, list)) for i in v.values())
        if flat:
            return "{" + ", ".join(f"{json.dumps(k)}: {text(i, '')}" for k, i in v.items()) + "}"
        lines = [f"{indent} {json.dumps(k)}: {text(i, indent + ' ')}" for k, i in v.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"

    Path(path).write_text(text(value, "") + "\n")


# --------------------------------------------------------------------------------------- modes


def samples(t, count):
    t = t.flatten()
    return [t[1009 * i % t.numel()].item() for i in range(min(count, t.numel()))]


def summary(t, count):
    d = t.double()
    return {
        "norm": d.norm().item(),
        "sum": d.sum().item(),
        "max_abs": d.abs().max().item(),
        "samples": samples(t, count),
    }


def relative(a, b):
    """|a - b| / |b|, by the norm for tensors"""
    a, b = torch.as_tensor(a).double(), torch.as_tensor(b).double()
    return ((a - b).norm() / b.norm()).item()


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def weights_for(network, path):
    return read_safetensors(path) if path else RandomWeights(network)


def pictures_for(recipe, height=48, width=64, style_height=None, style_width=None):
    style_size = RECIPES[recipe]["style_size"] or (height, width)
    content = picture("content", height, width)
    style = picture("style", style_height or style_size[0], style_width or style_size[1])
    return content, style, initial_picture(content)


def golden_case(recipe, network, path):
    pictures = pictures_for(recipe)
    weights = weights_for(network, path)
    single = run(recipe, network, weights, *pictures, 20)
    double = run(recipe, network, weights, *(p.double() for p in pictures), 20)
    initial = pictures[2]
    moved = single["picture"] - initial
    apart = (single["picture"] - double["picture"]).abs()
    gradients_apart = single["gradient"] - double["gradient"]
    difference = {
        "total": relative(single["start"]["total"], double["start"]["total"]),
        "style_layers": max(
            relative(single["start"]["style_layers"][n]["error"], e["error"])
            for n, e in double["start"]["style_layers"].items()
        ),
        "gradient": relative(single["gradient"], double["gradient"]),
        "gradient_max_abs": (gradients_apart.abs().max() / double["gradient"].abs().max()).item(),
        "total_at_step_20": relative(single["losses"][-1][0], double["losses"][-1][0]),
        "picture": relative(single["picture"], double["picture"]),
        "picture_max_abs": apart.max().item(),
        "picture_samples_max_abs": max(samples(apart, 64)),
    }
    name = f"{recipe}/{network}" + ("/trained" if path else "")
    print(f"{name:42}" + " ".join(f"{difference[k]:9.1e}" for k in difference))
    rms = ", ".join(f"{n} {v:.3g}" for n, v in single["rms"].items())
    print(f"    rms of the features: {rms}")
    assert all(math.isfinite(v) and 1e-3 < v < 1e3 for v in single["rms"].values())
    return name, {
        "recipe": recipe,
        "network": network,
        "weights": f"sha256 {sha256(path)}" if path else "random",
        "content_size": list(pictures[0].shape[2:]),
        "style_size": list(pictures[1].shape[2:]),
        "content_weight": RECIPES[recipe]["content_weight"],
        "style_weight": RECIPES[recipe]["style_weight"],
        "content_layers": layers_for(network, RECIPES[recipe]["content_layers"]),
        "style_layers": layers_for(network, RECIPES[recipe]["style_layers"]),
        "start": single["start"],
        "gradient": summary(single["gradient"], 64),
        "total_by_step": [row[0] for row in single["losses"]],
        "picture": {
            "mean": single["picture"].double().mean().item(),
            "norm": single["picture"].double().norm().item(),
            "norm_of_change": moved.double().norm().item(),
            "samples": samples(single["picture"], 64),
        },
        "float32_to_float64": {k: float(f"{v:.2g}") for k, v in difference.items()},
    }


def golden(path, out):
    vgg = RandomWeights("vgg16")
    expand = RandomWeights("squeezenet1_0")["features.8.expand3x3.bias"]
    content, style, initial = pictures_for("gatys")
    result = {
        "about": "Written by tests/pytorch/reference.py, which defines every number. torch "
        + torch.__version__,
        # To be checked first: if these differ, nothing else can agree.
        "generator": {
            "finalise_1": f"{finalise(1):016x}",
            "tensor_seed_1_0": f"{tensor_seed(1, 0):016x}",
            "tensor_seed_7_2": f"{tensor_seed(7, 2):016x}",
            "uniform_1_0": uniform(1, 0, (8,)).tolist(),
            "vgg16_features.0.weight": vgg["features.0.weight"].flatten()[:8].tolist(),
            "vgg16_features.0.bias": vgg["features.0.bias"][:8].tolist(),
            "vgg16_features.24.weight": vgg["features.24.weight"].flatten()[-8:].tolist(),
            "squeezenet1_0_features.8.expand3x3.bias": expand[:8].tolist(),
            "content": summary(content, 16),
            "style": summary(style, 16),
            "initial": summary(initial, 16),
        },
        "cases": {},
    }
    print("float32 against float64. Total and layers at the start, gradient by norm and by its")
    print("largest element, total at step 20, picture by norm: relative. The last two are the")
    print("largest difference of the picture x_20 and of its samples.")
    columns = ("total", "layers", "gradient", "largest", "step 20", "picture", "max_abs", "samples")
    print(" " * 42 + " ".join(f"{c:>9}" for c in columns))
    for recipe in ("reference", "reference-intended", "gatys"):
        for network in NETWORKS:
            name, case = golden_case(recipe, network, None)
            result["cases"][name] = case
        if path:
            name, case = golden_case(recipe, "squeezenet1_0", path)
            result["cases"][name] = case

    single, double = parts(torch.float32), parts(torch.float64)
    worst_value = max((relative(single[n][0], double[n][0]), n) for n in single)
    worst_gradient = max((relative(single[n][1], double[n][1]), n) for n in single)
    print(f"parts: value {worst_value}, gradient {worst_gradient}")
    f = part_inputs(torch.float32)[0]
    result["statistics"] = {
        kind: statistic(kind, "none", f).flatten().tolist()
        for kind in ("gram", "covariance", "mean")
    }
    result["parts"] = {
        name: {"value": value.item(), "gradient": summary(gradient, 8)}
        for name, (value, gradient) in single.items()
    }

    single, double = adam_alone(torch.float32), adam_alone(torch.float64)
    tensors = ("after_20", "average", "average_with_start")
    apart = max((a[k] - b[k]).abs().max().item() for a, b in zip(single, double) for k in tensors)
    print(f"adam: max_abs {apart:.1e}")
    result["adam"] = {
        f"candidate_{n}": {
            "learning_rate": c["setting"]["lr"],
            "beta1": c["setting"]["betas"][0],
            "beta2": c["setting"]["betas"][1],
            "epsilon": c["setting"]["eps"],
            "total_by_step": c["losses"],
            **{k: c[k].flatten().tolist() for k in tensors},
        }
        for n, c in enumerate(single)
    }
    write_json(out, result)
    print(f"{out}: {Path(out).stat().st_size} bytes")


def case(a):
    """Tensors content, style, initial, gradient, picture (after the last step), and losses with a
    row for each step: total, content, style, then the error of each style layer in order. The
    metadata's `case` is JSON: what golden.json has for a case, without the samples."""
    pictures = pictures_for(a.recipe, a.height, a.width, a.style_height, a.style_width)
    pictures = [p.to(getattr(torch, a.dtype)) for p in pictures]
    found = run(a.recipe, a.network, weights_for(a.network, a.weights), *pictures, a.steps)
    tensors = dict(
        zip(("content", "style", "initial"), pictures),
        gradient=found["gradient"],
        picture=found["picture"],
        losses=torch.tensor(found["losses"], dtype=torch.float64),
    )
    about = {
        "recipe": a.recipe,
        "network": a.network,
        "weights": a.weights or "random",
        "dtype": a.dtype,
        "steps": a.steps,
        "content_layers": layers_for(a.network, RECIPES[a.recipe]["content_layers"]),
        "style_layers": layers_for(a.network, RECIPES[a.recipe]["style_layers"]),
        "start": found["start"],
        "total_by_step": [row[0] for row in found["losses"]],
    }
    write_safetensors(a.out, tensors, {"case": json.dumps(about)})
    print(json.dumps(about["start"], indent=1))


def weights(a):
    random = RandomWeights(a.network)
    pictures = pictures_for(a.recipe, 32, 32)
    run(a.recipe, a.network, random, *pictures, 1)  # draws what it uses
    write_safetensors(a.out, random, {"recipe": a.recipe, "network": a.network})


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    modes = parser.add_subparsers(dest="mode", required=True)
    m = modes.add_parser("golden")
    m.add_argument("--weights", help="SqueezeNet's trained weights, for the cases named trained")
    m.add_argument("--out", default=Path(__file__).with_name("golden.json"))
    for name in ("case", "weights"):
        m = modes.add_parser(name)
        m.add_argument("recipe", choices=RECIPES)
        m.add_argument("--network", choices=NETWORKS, required=True)
        m.add_argument("--out", required=True)
        if name == "case":
            m.add_argument("--weights", help="a safetensors file; random weights without it")
            m.add_argument("--height", type=int, default=48)
            m.add_argument("--width", type=int, default=64)
            m.add_argument("--style-height", type=int)
            m.add_argument("--style-width", type=int)
            m.add_argument("--steps", type=int, default=20)
            m.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    if a.mode == "golden":
        golden(a.weights, a.out)
    elif a.mode == "case":
        case(a)
    else:
        weights(a)


if __name__ == "__main__":
    main()
