"""The recipes of the field in plain PyTorch: a literal reading of each program's own source.

Nothing here is shared with the Rust program; random numbers, pictures, weights and the writing of
files come from reference.py beside it. It needs torch and the standard library only.

    python tests/pytorch/recipes.py golden
        writes tests/pytorch/recipes.json and prints how far float32 is from float64
    python tests/pytorch/recipes.py case NAME --out FILE.safetensors
        one recipe with whole tensors, at any size (--height, --width, --dtype, ...)

NAME is a key of RECIPES below, which is also the name of the built-in preset it checks.

Recipes
    Random weights of seed 1, the content picture 48x64, the style picture 40x56 (48x64 where the
    recipe makes it the content's size), and `initial` as the picture, all as in reference.py. Only
    the k of `initial` is each recipe's own. Of a million features some lie so near the kink of
    their ReLU that another order of summation takes them across, and two right gradients differ
    for good; with this k, none is nearer to 0, and no two that a pooling chooses from are nearer to
    each other, than `margin`, on the scale of their layer's root of the mean square.

    Each recipe converts RGB in [0, 1] to pixels of its own first, and `gradient` is with respect to
    RGB in [0, 1], by the chain rule. `total` is the number that the program reports; one leaves the
    variation out of it (`variation_in_total`), though not out of the gradient. A layer's `error`
    has no weights in it, `weighted` is its share of the total, and `variation.error` is in the
    program's own pixels.

Statistics
    One style layer by itself; the key says target, region or not, statistic, its settings, error.
    Features as in reference.py's parts, seed 8: F is k = 0, [4, 6, 7]; targets are S, k = 1,
    [4, 5, 8], and P, k = 2, [4, 6, 7]. The deep ones, [32, 3, 4] and [32, 2, 5] (k = 3, 4), have
    fewer positions than channels. Masks are u, k = 5, 6, 7 for F, S, P: a position counts as much
    as its mask says, and for what is sorted it counts where that is at least half. The pictures
    themselves are taken to be 24x28 for F and P and 20x32 for S. Gradients are with respect to F.
    A blend is of S and P with the shares 0.25 and 0.75: the statistics of the mixture, and the mean
    of the quantile functions. The sliced Wasserstein distance takes the first 4 or 6 `directions`.

Trajectories
    torch.optim.LBFGS, step for step: iterates x_0 (the initial picture) to x_20 and the loss at
    each. `float32_to_float64` has a number for each iterate.
"""

import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

import reference
from reference import RandomWeights, VGG, relative, samples, summary, uniform

# ------------------------------------------------------------------------------------- network


def vgg(x, network, weights, pooling, padding, wanted):
    """The features at the wanted layers, name -> [1, C, H, W], of x as the network takes pixels.
    `replicate_first` repeats the edge of x for the first convolution; all others see zeros."""
    taps, index = {}, 0
    for b, block in enumerate(VGG[network], 1):
        for i in range(1, len(block) + 1):
            name = f"features.{index}"
            weight, bias = weights[name + ".weight"].to(x), weights[name + ".bias"].to(x)
            if index == 0 and padding == "replicate_first":
                x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight, bias)
            else:
                x = F.conv2d(x, weight, bias, padding=1)
            taps[f"conv{b}_{i}"] = x
            x = F.relu(x)
            taps[f"relu{b}_{i}"] = x
            index += 2
            if wanted <= taps.keys():
                return {name: taps[name] for name in wanted}
        x = F.max_pool2d(x, 2) if pooling == "max" else F.avg_pool2d(x, 2)
        index += 1
    raise SystemExit(f"{network} has no layer named {sorted(wanted - taps.keys())}")


# -------------------------------------------------------------------------------------- pixels


def per_channel(numbers, like):
    return torch.tensor(numbers, dtype=like.dtype).reshape(1, 3, 1, 1)


def torchvision(image):
    """RGB in [0, 1], less the ImageNet mean, over its deviation"""
    mean = per_channel((0.485, 0.456, 0.406), image)
    return (image - mean) / per_channel((0.229, 0.224, 0.225), image)


def torchvision_255(image):
    """RGB from 0 to 255, less the mean; no deviation"""
    return image * 255 - per_channel((123.675, 116.28, 103.53), image)


def caffe(image, white=255.0):
    """BGR from 0 to 255, less the mean"""
    return image[:, [2, 1, 0]] * white - per_channel((103.939, 116.779, 123.68), image)


def caffe_256(image):
    return caffe(image, 256.0)


# ------------------------------------------------------------------ what the programs compute
#
# f, p and s are features [1, C, H, W]: of the picture, of the content and of the style picture.
# Variations take the picture in the program's own pixels.


def gram(f):
    f = f[0].flatten(1)
    return f @ f.T


def mean_square(f, p):
    """mean((F - P)^2): nn.MSECriterion, nn.MSELoss, mse_loss"""
    return ((f - p) ** 2).mean()


def sum_square(f, p):
    return ((f - p) ** 2).sum()


def half_sum_square(f, p):
    return 0.5 * ((f - p) ** 2).sum()


def mean_of_grams_by_elements(f, s):
    """mean((G - A)^2), G = F F^T / (C H W)"""
    return ((gram(f) / f.numel() - gram(s) / s.numel()) ** 2).mean()


def sum_of_grams_by_elements(f, s):
    """sum((G - A)^2), G = F F^T / (C H W)"""
    return ((gram(f) / f.numel() - gram(s) / s.numel()) ** 2).sum()


def gatys_style(f, s):
    """1 / (4 C^2 M^2) sum((G - A)^2), M = H W; each Gram matrix by the M of its own picture"""
    channels = f.shape[1]
    g = gram(f) / (f.shape[2] * f.shape[3])
    a = gram(s) / (s.shape[2] * s.shape[3])
    return ((g - a) ** 2).sum() / (4 * channels**2)


def inetwork_style(height, width):
    """sum((S - C)^2) / (4 3^2 (H W)^2), S = (F - 1)(F - 1)^T, H and W being the picture's own"""

    def error(f, s):
        return ((gram(f - 1) - gram(s - 1)) ** 2).sum() / (4 * 3**2 * (height * width) ** 2)

    return error


def differences(x):
    """To the right and down: H x (W-1) and (H-1) x W"""
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def absolute_variation(x):
    dx, dy = differences(x)
    return dx.abs().sum() + dy.abs().sum()


def neural_style_variation(x):
    """The program has a gradient only, which is that of 1/2 sum(dx^2 + dy^2) over the pixels that
    have both neighbours: (H-1) x (W-1)."""
    dx, dy = differences(x)
    return 0.5 * (dx[..., :-1, :] ** 2 + dy[..., :, :-1] ** 2).sum()


def inetwork_variation(x):
    """sum((dx^2 + dy^2)^1.25) over the pixels that have both neighbours"""
    dx, dy = differences(x)
    return ((dx[..., :-1, :] ** 2 + dy[..., :, :-1] ** 2) ** 1.25).sum()


def eight_neighbours(x):
    """2 (d1 + d2 + d3 + d4) over the picture with its edge repeated"""
    return reference.variation("eight_neighbours", x)


# ------------------------------------------------------------------------- Wasserstein-2 distance


def newton_schulz(a, iterations=12):
    """The square root of a positive definite matrix, about: iterations from a / |a|."""
    size = a.norm()
    eye = torch.eye(len(a), dtype=a.dtype)
    y, z = a / size, eye
    for _ in range(iterations):
        t = (3 * eye - z @ y) / 2
        y, z = y @ t, t @ z
    return y * size.sqrt()


class Root(torch.autograd.Function):
    """newton_schulz, whose derivative X solves the Lyapunov equation R X + X R = Q (Q being the
    gradient with respect to the root R), about: by as many iterations for the sign of a block
    matrix. Where the root has not converged, this is neither the derivative of the iterations nor
    that of the exact root; see roots()."""

    @staticmethod
    def forward(ctx, a):
        root = newton_schulz(a)
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx, q):
        (root,) = ctx.saved_tensors
        size = root.norm()
        r, q = root / size, q / size
        for _ in range(12):
            s = 3 * torch.eye(len(r), dtype=r.dtype) - r @ r
            q, r = (q @ s - r.T @ (r.T @ q - q @ r)) / 2, r @ s / 2
        return q / 2


def exact_root(a):
    values, vectors = torch.linalg.eigh(a)
    return vectors @ values.clamp(min=0).sqrt().diag() @ vectors.T


def moments(matrix, shares=None):
    """Mean and covariance of the columns of [C, HW]; `shares` [HW] weighs them."""
    shares = torch.ones_like(matrix[0]) if shares is None else shares
    mean = (shares * matrix).sum(1) / shares.sum()
    raw = (shares * matrix) @ matrix.T / shares.sum()
    return mean, raw - torch.outer(mean, mean)


def wasserstein_parts(mean, covariance, mean_of_target, covariance_of_target, root=Root.apply):
    """(mu - mu_t)^2 and diag(C_t + C - 2 (C_t^1/2 C C_t^1/2)^1/2), 1e-4 I being added to each C"""
    eye = torch.eye(len(mean), dtype=mean.dtype)
    covariance, target = covariance + 1e-4 * eye, covariance_of_target + 1e-4 * eye
    root_of_target = root(target)
    root_of_product = root(root_of_target @ covariance @ root_of_target)
    return (mean - mean_of_target) ** 2, torch.diag(target + covariance - 2 * root_of_product)


def wasserstein(f, s, root=Root.apply):
    parts = wasserstein_parts(*moments(f[0].flatten(1)), *moments(s[0].flatten(1)), root)
    return parts[0].mean() + parts[1].mean()


# ------------------------------------------------------------------------------------- recipes

FIVE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
VGG16_RELU = (
    "relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_3",
    "relu4_1", "relu4_2", "relu4_3", "relu5_1", "relu5_2", "relu5_3",
)  # fmt: skip

# `style_size` None: the content's. `chained` takes each layer's error less that of the next.
RECIPES = {
    # github.com/jcjohnson/neural-style, neural_style.lua
    "neural-style": dict(
        initial=43,
        network="vgg19", pooling="max", padding="zeros", pixels=caffe_256, style_size=(40, 56),
        content=mean_square, content_weight=5.0, content_layers={"relu4_2": 1.0},
        style=mean_of_grams_by_elements, style_weight=100.0,
        style_layers=dict.fromkeys(FIVE, 1.0),
        variation=neural_style_variation, variation_weight=1e-3, variation_in_total=False,
    ),
    # github.com/ProGamerGov/neural-style-pt, neural_style.py
    "neural-style-pt": dict(
        initial=105,
        network="vgg19", pooling="max", padding="zeros", pixels=caffe, style_size=(40, 56),
        content=mean_square, content_weight=5.0, content_layers={"relu4_2": 1.0},
        style=mean_of_grams_by_elements, style_weight=100.0,
        style_layers=dict.fromkeys(FIVE, 1.0),
        variation=absolute_variation, variation_weight=1e-3,
    ),
    # github.com/crowsonkb/style-transfer-pytorch, style_transfer/style_transfer.py
    "crowsonkb": dict(
        initial=58,
        network="vgg19", pooling="max", padding="replicate_first", pixels=torchvision,
        style_size=(40, 56),
        content=mean_square, content_weight=0.015, content_layers={"relu4_2": 1.0},
        style=wasserstein, style_weight=1 / 341,
        style_layers=dict(zip(FIVE, (256.0, 64.0, 16.0, 4.0, 1.0))),
        # over RGB in [0, 1] and not over what the network sees
        variation=eight_neighbours, variation_of_rgb=True, variation_weight=2.0,
    ),
    # github.com/gordicaleksa/pytorch-neural-style-transfer, neural_style_transfer.py. The content
    # layer is called conv4_2 there, and torchvision's ReLU behind it works in place.
    "gordicaleksa": dict(
        initial=90,
        network="vgg19", pooling="max", padding="zeros", pixels=torchvision_255,
        style_size=(40, 56),
        content=mean_square, content_weight=1e5, content_layers={"relu4_2": 1.0},
        style=sum_of_grams_by_elements, style_weight=3e4,
        style_layers=dict.fromkeys(FIVE, 1 / 5),
        variation=absolute_variation, variation_weight=1.0,
    ),
    # github.com/LaurentMazare/tch-rs, examples/neural-style-transfer
    "tch-example": dict(
        initial=22,
        network="vgg16", pooling="max", padding="zeros", pixels=torchvision, style_size=(40, 56),
        content=mean_square, content_weight=1.0, content_layers={"conv2_2": 1.0},
        style=mean_of_grams_by_elements, style_weight=1e6,
        style_layers=dict.fromkeys(("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"), 1.0),
        variation=None,
    ),
    # github.com/titu1994/Neural-Style-Transfer, INetwork.py. The difference of layers i and i + 1,
    # i = 0..11, has the weight 2^-(12 - (i + 1)).
    "inetwork": dict(
        initial=105,
        network="vgg16", pooling="max", padding="zeros", pixels=caffe, style_size=None,
        content=sum_square, content_weight=0.025, content_layers={"relu5_2": 1.0},
        style=inetwork_style, style_of_size=True, style_weight=1.0, chained=True,
        style_layers=dict(zip(VGG16_RELU, [2.0 ** -(12 - (i + 1)) for i in range(12)] + [0.0])),
        variation=inetwork_variation, variation_weight=8.5e-5,
    ),
    # Gatys, Ecker and Bethge, CVPR 2016; the network is Caffe's
    "gatys-2016": dict(
        initial=2,
        network="vgg19", pooling="average", padding="zeros", pixels=caffe, style_size=(40, 56),
        content=half_sum_square, content_weight=1.0, content_layers={"relu4_2": 1.0},
        style=gatys_style, style_weight=1e3, style_layers=dict.fromkeys(FIVE, 1 / 5),
        variation=None,
    ),
}  # fmt: skip
# -normalize_gradients: each loss module's gradient with respect to its features is divided by its
# L1 norm + 1e-8 before it is multiplied by the module's weight. Losses are reported as they are.
RECIPES["neural-style/normalize_gradients"] = RECIPES["neural-style"] | dict(normalize=True)


def run(name, weights, content, style, initial):
    """Losses and gradient at `initial`. Everything is computed in the dtype of the pictures, which
    are RGB in [0, 1]."""
    r = RECIPES[name]
    style_error = r["style"](*initial.shape[2:]) if r.get("style_of_size") else r["style"]
    layers = {*r["content_layers"], *r["style_layers"]}

    def features(x):
        return vgg(r["pixels"](x), r["network"], weights, r["pooling"], r["padding"], layers)

    with torch.no_grad():
        p, s = features(content), features(style)
    image = initial.clone().requires_grad_()
    f = features(image)

    content_errors = {n: r["content"](f[n], p[n]) for n in r["content_layers"]}
    style_errors = {n: style_error(f[n], s[n]) for n in r["style_layers"]}
    content_shares = {n: r["content_weight"] * w for n, w in r["content_layers"].items()}
    content_loss = sum(share * content_errors[n] for n, share in content_shares.items())
    style_shares = {n: r["style_weight"] * w for n, w in r["style_layers"].items()}
    if r.get("chained"):
        names = list(style_shares)
        style_loss = sum(
            style_shares[a] * (style_errors[a] - style_errors[b]) for a, b in zip(names, names[1:])
        )
        # The same ordered by layer: each counts by its weight less that of the one before it.
        before = dict(zip(names, [0.0, *style_shares.values()]))
        style_shares = {n: share - before[n] for n, share in style_shares.items()}
    else:
        style_loss = sum(share * style_errors[n] for n, share in style_shares.items())
    total = content_loss + style_loss
    differentiated, variation_error, variation_loss = total, None, None
    if r["variation"]:
        seen = image if r.get("variation_of_rgb") else r["pixels"](image)
        variation_error = r["variation"](seen)
        variation_loss = r["variation_weight"] * variation_error
        differentiated = total + variation_loss
        if r.get("variation_in_total", True):
            total = differentiated

    if r.get("normalize"):
        taps, arriving = [], []
        modules = [(n, share, content_errors[n]) for n, share in content_shares.items()]
        modules += [(n, share, style_errors[n]) for n, share in style_shares.items()]
        for n, strength, error in modules:
            (g,) = torch.autograd.grad(error, f[n], retain_graph=True)
            taps.append(f[n])
            arriving.append(strength * (g / (g.abs().sum() + 1e-8)))
        gradient = torch.autograd.grad(taps, image, arriving, retain_graph=True)[0]
        gradient = gradient + torch.autograd.grad(variation_loss, image)[0]
    else:
        gradient = torch.autograd.grad(differentiated, image)[0]

    start = {"total": total.item(), "content": content_loss.item(), "style": style_loss.item()}
    if variation_loss is not None:
        start["variation"] = {"error": variation_error.item(), "weighted": variation_loss.item()}
    start["content_layers"] = {
        n: {"error": e.item(), "weighted": content_shares[n] * e.item()}
        for n, e in content_errors.items()
    }
    start["style_layers"] = {
        n: {"error": e.item(), "weighted": style_shares[n] * e.item()}
        for n, e in style_errors.items()
    }
    rms = {n: (f[n].detach().double() ** 2).mean().sqrt().item() for n in sorted(f)}
    return dict(start=start, gradient=gradient, rms=rms)


# ---------------------------------------------------------------------------------- statistics

SHARES = (0.25, 0.75)

# Given, not drawn here: the first ones that the program under test draws for seed 0 and step 0.
DIRECTIONS = (
    (0.4434283432424198, -0.0912637005000004, 0.19187983451525434, -0.8707607998105608),
    (0.5800137241082006, 0.053530347898794024, 0.6561446160663902, 0.47978414365947913),
    (0.36659226810221024, -0.7054688169588161, 0.5188108529494665, 0.3142596953607836),
    (0.04485445681748505, -0.17641777576706585, 0.8976150451299609, 0.40143751301210956),
    (-0.1943233176471707, -0.12173500956313321, 0.12128794837314917, 0.9657682274980333),
    (0.490756051255803, 0.6945235789285467, 0.03690165679942047, 0.5248178390580415),
)


def drawn_features(k, shape, dtype):
    return (2 * uniform(8, k, shape) - 0.5).float().to(dtype)


def drawn_mask(k, shape, dtype):
    return uniform(8, k, shape).float().to(dtype)


class Sample:
    """Features [C, H, W] of a picture, or of a region of it, and what can be said of them."""

    def __init__(self, f, picture_hw, mask=None):
        self.channels, self.height, self.width = f.shape
        self.matrix = f.flatten(1)
        self.shares = torch.ones_like(self.matrix[0]) if mask is None else mask.flatten()
        self.picture_hw = picture_hw

    def size(self, term):
        """Of a region, its share of the positions counts: m of each."""
        positions = self.shares.sum()
        whole = self.height * self.width
        return {
            "none": 1.0,
            "hw": positions,
            "chw": self.channels * positions,
            "picture_hw": self.picture_hw * positions / whole,
        }[term]

    def gram(self, term, shift=0.0):
        f = self.matrix - shift
        return (self.shares * f) @ f.T / self.size(term)

    def mean(self):
        return (self.shares * self.matrix).sum(1) / self.shares.sum()

    def covariance(self, term):
        centred = self.matrix - self.mean()[:, None]
        return (self.shares * centred) @ centred.T / self.size(term)

    def variance(self):
        centred = self.matrix - self.mean()[:, None]
        return (self.shares * centred**2).sum(1) / self.shares.sum()

    def inside(self):
        """The features where the mask is at least half"""
        return self.matrix[:, self.shares >= 0.5]


def error_of(kind, s, a):
    return reference.style_error(kind, s, a)


def quantiles(values, count):
    """Rows sorted, at `count` places i / (count - 1) of the quantile function, which is linear
    between the sorted values at i / (n - 1)."""
    values = values.sort(dim=1).values
    n = values.shape[1]
    if n == count:
        return values
    place = torch.arange(count, dtype=torch.float64) * (n - 1) / (count - 1)
    below = place.floor().long().clamp(max=n - 2)
    part = (place - below).to(values)
    return values[:, below] * (1 - part) + values[:, below + 1] * part


def mean_and_deviation(error, f, targets, shares):
    mean = sum(w * t.mean() for w, t in zip(shares, targets))
    # the variance of the mixture
    square = sum(w * (t.variance() + t.mean() ** 2) for w, t in zip(shares, targets))
    deviation = (square - mean**2 + 1e-5).sqrt()
    return error_of(error, f.mean(), mean) + error_of(
        error, (f.variance() + 1e-5).sqrt(), deviation
    )


def covariance_and_mean(error, f, targets, shares, term="hw"):
    mean = sum(w * t.mean() for w, t in zip(shares, targets))
    if len(targets) == 1:
        covariance = targets[0].covariance(term)
    else:  # of the mixture; raw moments are what can be added
        raw = [t.covariance(term) + torch.outer(t.mean(), t.mean()) for t in targets]
        covariance = sum(w * m for w, m in zip(shares, raw)) - torch.outer(mean, mean)
    return error_of(error, f.covariance(term), covariance) + error_of(error, f.mean(), mean)


def wasserstein_statistic(error, f, targets, shares, root=Root.apply):
    mean = sum(w * t.mean() for w, t in zip(shares, targets))
    raw = sum(w * t.gram("hw") for w, t in zip(shares, targets))
    covariance = raw - torch.outer(mean, mean)
    own_mean = f.mean()
    own = f.gram("hw") - torch.outer(own_mean, own_mean)
    parts = wasserstein_parts(own_mean, own, mean, covariance, root)
    if error == "sum":
        return parts[0].sum() + parts[1].sum()
    value = parts[0].mean() + parts[1].mean()
    if error == "mean":
        return value
    eps = 1e-4
    return value / ((mean**2).mean() + (torch.diag(covariance) + eps).mean())


def by_kind(error, difference, scale):
    return {
        "mean": (difference**2).mean(),
        "sum": (difference**2).sum(),
        "relative": (difference**2).mean() / scale,
    }[error]


def spread(targets):
    """The mean square of a target's features about each channel's mean"""
    values = targets[0].inside()
    return ((values - values.mean(dim=1, keepdim=True)) ** 2).mean()


def histogram(error, f, targets, shares):
    """Each channel's values against the same values moved, in order of rank, to the style's"""
    values = f.inside()
    wanted = sum(w * quantiles(t.inside(), values.shape[1]) for w, t in zip(shares, targets))
    ranks = values.argsort(dim=1).argsort(dim=1)
    matched = wanted.gather(1, ranks).detach()
    return by_kind(error, values - matched, spread(targets))


def sliced_wasserstein(error, f, targets, shares, directions):
    """directions [P, C]"""
    values = directions @ f.inside()
    wanted = sum(
        w * quantiles(directions @ t.inside(), values.shape[1]) for w, t in zip(shares, targets)
    )
    return by_kind(error, values.sort(dim=1).values - wanted, spread(targets))


def gram_statistic(error, f, targets, shares, term="hw", shift=0.0):
    target = sum(w * t.gram(term, shift) for w, t in zip(shares, targets))
    return error_of(error, f.gram(term, shift), target)


def statistics(dtype):
    """name -> (what it is, value, gradient with respect to F)"""
    f, s, p = (
        drawn_features(k, shape, dtype) for k, shape in enumerate([(4, 6, 7), (4, 5, 8), (4, 6, 7)])
    )
    deep_f, deep_s = drawn_features(3, (32, 3, 4), dtype), drawn_features(4, (32, 2, 5), dtype)
    mask_f, mask_s, mask_p = (
        drawn_mask(k, shape, dtype) for k, shape in enumerate([(6, 7), (5, 8), (6, 7)], 5)
    )
    large, small = 24 * 28, 20 * 32
    pictures = {"S": (s, small, mask_s), "P": (p, large, mask_p), "deep": (deep_s, small, None)}
    errors = ("mean", "sum", "relative")
    found = {}

    def add(function, target="S", region=False, **about):
        name = [target, *("region" for _ in [0] if region), *(str(v) for v in about.values())]
        start = (deep_f if target == "deep" else f).clone().requires_grad_()
        own = Sample(start, large, mask_f if region else None)
        targets, shares = [], SHARES if target == "blend" else (1.0,)
        for one in ("S", "P") if target == "blend" else (target,):
            values, hw, mask = pictures[one]
            targets.append(Sample(values, hw, mask if region else None))
        value = function(about["error"], own, targets, shares)
        gradient = torch.autograd.grad(value, start)[0]
        about = {"target": target, "region": region, **about}
        found["statistic/" + "/".join(name)] = about, value.detach(), gradient

    def gram_with(term, shift=0.0):
        return lambda *a: gram_statistic(*a, term=term, shift=shift)

    def both(shift):
        return lambda *a: gram_statistic(*a, shift=shift) + histogram(*a)

    def sliced(count):
        directions = torch.tensor(DIRECTIONS[:count], dtype=dtype)
        return lambda *a: sliced_wasserstein(*a, directions)

    for error in errors:
        for target in ("S", "P", "blend"):
            # `relative` of sorted values is not defined for a blend
            ordered = target != "blend" or error != "relative"
            for region in (False, True):
                where = dict(target=target, region=region)
                if target != "P":
                    add(mean_and_deviation, **where, statistic="mean_and_deviation", error=error)
                    add(wasserstein_statistic, **where, statistic="wasserstein", error=error)
                    add(gram_with("hw"), **where, statistic="gram", normalization="hw",
                        error=error)  # fmt: skip
                    add(covariance_and_mean, **where, statistic="covariance_and_mean",
                        normalization="hw", error=error)  # fmt: skip
                if ordered:
                    add(histogram, **where, statistic="histogram", error=error)
                    for count in (4, 6):
                        add(sliced(count), **where, statistic="sliced_wasserstein",
                            projections=count, error=error)  # fmt: skip
        add(wasserstein_statistic, target="deep", statistic="wasserstein", error=error)
        for shift in (0.0, 1.0):
            add(both(shift), statistic="gram_and_histogram", normalization="hw", shift=shift,
                error=error)  # fmt: skip
        for term in ("none", "hw", "chw", "picture_hw"):
            for region in (False, True):
                add(gram_with(term, 1.0), region=region, statistic="gram", normalization=term,
                    shift=1.0, error=error)  # fmt: skip
        for region in (False, True):
            add(gram_with("picture_hw"), region=region, statistic="gram",
                normalization="picture_hw", error=error)  # fmt: skip
        for term in ("none", "chw", "picture_hw"):
            add(gram_with(term), region=True, statistic="gram", normalization=term, error=error)
    for error in ("mean", "sum", "half_sum", "relative"):
        # Content: every square counts as much as the mask says before the mean or the sum.
        start = f.clone().requires_grad_()
        squares = mask_f * (start - p) ** 2
        value = {
            "mean": squares.mean(),
            "sum": squares.sum(),
            "half_sum": 0.5 * squares.sum(),
            "relative": squares.mean() / p.var(correction=0),
        }[error]
        about = {"target": "P", "region": True, "content": error}
        gradient = torch.autograd.grad(value, start)[0]
        found[f"content/region/{error}"] = about, value.detach(), gradient
    return found


def roots():
    """How far three derivatives of the Wasserstein distance are from each other in float64: the
    program's, that through the iterations, and that of the exact root."""
    double = torch.float64
    cases = {
        "[4, 6, 7]": [(0, (4, 6, 7)), (1, (4, 5, 8))],
        "[32, 3, 4]": [(3, (32, 3, 4)), (4, (32, 2, 5))],
    }
    cases = {n: [drawn_features(k, c, double)[None] for k, c in two] for n, two in cases.items()}
    _, style, initial = (torchvision(x.double()) for x in pictures_of("crowsonkb"))
    weights, wanted = RandomWeights("vgg19"), {"relu1_1", "relu2_1", "relu3_1"}
    f, s = (vgg(x, "vgg19", weights, "max", "replicate_first", wanted) for x in (initial, style))
    cases |= {name: [f[name], s[name]] for name in sorted(wanted)}
    print("Wasserstein distance in float64, against the program's derivative")
    for name, (f, s) in cases.items():
        found = {}
        ways = dict(program=Root.apply, iterations=newton_schulz, exact=exact_root)
        for way, root in ways.items():
            at = f.clone().requires_grad_()
            value = wasserstein(at, s, root)
            found[way] = value.detach(), torch.autograd.grad(value, at)[0]
        value, gradient = found.pop("program")
        print(f"    {name:10} " + ", ".join(
            f"{way}: value {relative(v, value):.1e}, gradient {relative(g, gradient):.1e}"
            for way, (v, g) in found.items()
        ))  # fmt: skip


# -------------------------------------------------------------------------------- trajectories

LBFGS_STEPS = 20

# `space` rgb: the picture is optimised as RGB in [0, 1]; normalized: as the network takes it.
# `style_weight` in place of the recipe's: the less the Gram matrices weigh, the longer two right
# answers stay together.
TRAJECTORIES = {
    "gatys/squeezenet1_0": dict(recipe="gatys", space="rgb", style_weight=1e3),
    "gatys/squeezenet1_0/light": dict(recipe="gatys", space="rgb", style_weight=1.0),
    "gatys/squeezenet1_0/light/normalized": dict(
        recipe="gatys", space="normalized", style_weight=1.0
    ),
    "gatys-2016": dict(recipe="gatys-2016", space="normalized", style_weight=1e3),
    "gatys-2016/light": dict(recipe="gatys-2016", space="rgb", style_weight=1e-2),
}


def objective(about, weights, dtype):
    """(the loss as a function of what is optimised, its initial value, the way from it to RGB)"""
    content, style, initial = (x.to(dtype) for x in pictures_of(about["recipe"]))
    normalized = about["space"] == "normalized"
    if about["recipe"] == "gatys":
        r, network, to_pixels = reference.RECIPES["gatys"], "squeezenet1_0", torchvision
        content_layers = reference.layers_for(network, r["content_layers"])
        style_layers = reference.layers_for(network, r["style_layers"])
        mean = per_channel(reference.MEAN, initial)
        deviation = per_channel(reference.DEVIATION, initial)

        def back(x):
            return x * deviation + mean if normalized else x

        def features(x):  # reference.features takes RGB and has no dimension for candidates
            layers = {*content_layers, *style_layers}
            taps = reference.features(back(x), network, weights, "average", layers)
            return {n: f[None] for n, f in taps.items()}

    else:
        r, to_pixels = RECIPES[about["recipe"]], caffe
        content_layers, style_layers = r["content_layers"], r["style_layers"]
        mean = per_channel((103.939, 116.779, 123.68), initial)

        def back(x):
            return ((x + mean) / 255)[:, [2, 1, 0]] if normalized else x

        def features(x):
            layers = {*content_layers, *style_layers}
            x = x if normalized else caffe(x)
            return vgg(x, r["network"], weights, r["pooling"], r["padding"], layers)

    content, style, initial = (
        to_pixels(x) if normalized else x for x in (content, style, initial)
    )
    with torch.no_grad():
        p, s = features(content), features(style)

    def loss(x):
        f = features(x)
        content_loss = sum(w * half_sum_square(f[n], p[n]) for n, w in content_layers.items())
        style_loss = sum(w * gatys_style(f[n], s[n]) for n, w in style_layers.items())
        return content_loss + about["style_weight"] * style_loss

    return loss, initial, back


def trajectory(about, weights, line_search, dtype):
    """max_iter 1 makes one iteration a step; max_eval then has to be named, since what is left of
    it bounds the line search (25 trials). Tolerances of 0: it never stops."""
    loss, start, back = objective(about, weights, dtype)
    x = start.clone().requires_grad_()
    lbfgs = torch.optim.LBFGS(
        [x], lr=1, history_size=100, max_iter=1, max_eval=26, tolerance_grad=0, tolerance_change=0,
        line_search_fn=line_search,
    )  # fmt: skip
    evaluations = 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        lbfgs.zero_grad()
        value = loss(x)
        value.backward()
        return value

    iterates, losses = [back(x.detach().clone())], []
    for _ in range(LBFGS_STEPS):
        losses.append(lbfgs.step(closure).item())
        iterates.append(back(x.detach().clone()))
    with torch.no_grad():
        losses.append(loss(x).item())
    # One evaluation of each step repeats the last one of the step before.
    return iterates, losses, evaluations


def trajectory_case(name, line_search, weights):
    about = TRAJECTORIES[name]
    iterates, losses, evaluations = trajectory(about, weights, line_search, torch.float32)
    doubles, double_losses, _ = trajectory(about, weights, line_search, torch.float64)
    apart = [relative(a, b) for a, b in zip(iterates, doubles)]
    losses_apart = [relative(a, b) for a, b in zip(losses, double_losses)]
    chaotic = next((i for i, d in enumerate(apart) if d > 1e-3), None)
    print(
        f"{name + '/' + str(line_search).lower():40} picture "
        + " ".join(f"{apart[i]:.0e}" for i in (1, 2, 5, 10, 15, 20))
        + f"  above 1e-3 from {chaotic}, {evaluations} evaluations,"
        + f" loss {losses[0]:.4g} to {losses[-1]:.4g}"
    )
    return {
        **about,
        "network": "squeezenet1_0" if about["recipe"] == "gatys" else "vgg19",
        "line_search": "strong_wolfe" if line_search else "none",
        "content_size": list(iterates[0].shape[2:]),
        "style_size": list(pictures_of(about["recipe"])[1].shape[2:]),
        "loss_by_iterate": losses,
        "norm_by_iterate": [x.double().norm().item() for x in iterates],
        # The first iterate at which float32 is further than 1e-3 from float64.
        "chaotic_from": chaotic,
        "float32_to_float64": {
            "picture": [float(f"{d:.2g}") for d in apart],
            "loss": [float(f"{d:.2g}") for d in losses_apart],
        },
        "samples_by_iterate": {str(i): samples(x, 64) for i, x in enumerate(iterates) if i},
    }


# --------------------------------------------------------------------------------------- modes


def pictures_of(name, height=48, width=64, style_height=None, style_width=None):
    if name == "gatys":
        return reference.pictures_for("gatys")
    size = RECIPES[name]["style_size"] or (height, width)
    content = reference.picture("content", height, width)
    style = reference.picture("style", style_height or size[0], style_width or size[1])
    u = uniform(7, RECIPES[name]["initial"], content.shape)
    return content, style, (content.double() + 0.1 * (2 * u - 1)).clamp(0, 1).float()


def margin(r, weights, initial):
    """How near the nearest feature is to the kink of its ReLU, and the nearest two largest of a max
    pooling to each other, on the scale of their layer's root of the mean square."""
    deepest = max(n[-3:] for n in (*r["content_layers"], *r["style_layers"]))
    names = [f"{b}_{i}" for b, n in enumerate(VGG[r["network"]], 1) for i in range(1, len(n) + 1)]
    names = [n for n in names if n <= deepest]
    wanted = {f"conv{n}" for n in names}
    taps = vgg(r["pixels"](initial), r["network"], weights, r["pooling"], r["padding"], wanted)
    found = []
    for n, following in zip(names, [*names[1:], deepest]):
        f = taps[f"conv{n}"]
        size = (f**2).mean().sqrt()
        if n != deepest or f"relu{n}" in (*r["content_layers"], *r["style_layers"]):
            found.append(f.abs().min() / size)
        if following[0] != n[0] and r["pooling"] == "max":
            windows = F.unfold(F.relu(f).transpose(0, 1), 2, stride=2)
            first, second = windows.sort(dim=1, descending=True).values[:, :2].unbind(1)
            found.append((first - second)[first > 0].min() / size)
    return min(found).item()


def recipe_case(name, weights):
    r, pictures = RECIPES[name], pictures_of(name)
    single = run(name, weights, *pictures)
    double = run(name, weights, *(p.double() for p in pictures))
    apart = single["gradient"] - double["gradient"]
    difference = {
        "total": relative(single["start"]["total"], double["start"]["total"]),
        "layers": max(
            relative(single["start"][part][n]["error"], e["error"])
            for part in ("content_layers", "style_layers")
            for n, e in double["start"][part].items()
        ),
        "gradient": relative(single["gradient"], double["gradient"]),
        "gradient_max_abs": (apart.abs().max() / double["gradient"].abs().max()).item(),
    }
    nearest = margin(r, weights, pictures[2].double())
    columns = [*difference.values(), nearest]
    print(f"{name:42}" + " ".join(f"{d:9.1e}" for d in columns))
    assert nearest > 5e-6
    rms = ", ".join(f"{n} {v:.3g}" for n, v in single["rms"].items())
    print(f"    rms of the features: {rms}")
    assert all(math.isfinite(v) and v > 1e-3 for v in single["rms"].values())
    return {
        "preset": name.split("/")[0],
        "initial": r["initial"],
        "network": r["network"],
        "content_size": list(pictures[0].shape[2:]),
        "style_size": list(pictures[1].shape[2:]),
        "normalize_gradients": r.get("normalize", False),
        "variation_in_total": r.get("variation_in_total", True),
        "start": single["start"],
        "gradient": summary(single["gradient"], 64),
        "float32_to_float64": {k: float(f"{v:.2g}") for k, v in difference.items()},
        "margin": float(f"{nearest:.2g}"),
    }


def golden(out):
    result = {
        "about": "Written by tests/pytorch/recipes.py, which defines every number. torch "
        + torch.__version__,
        "recipes": {},
    }
    weights = {network: RandomWeights(network) for network in reference.NETWORKS}
    print("float32 against float64: total, layers, gradient by norm and by its largest element;")
    print("then the margin to the nearest kink")
    for name, r in RECIPES.items():
        result["recipes"][name] = recipe_case(name, weights[r["network"]])
    roots()

    single, double = statistics(torch.float32), statistics(torch.float64)
    worst_value = max((relative(single[n][1], double[n][1]), n) for n in single)
    worst_gradient = max((relative(single[n][2], double[n][2]), n) for n in single)
    print(f"{len(single)} statistics: value {worst_value}, gradient {worst_gradient}")
    result["directions"] = [list(direction) for direction in DIRECTIONS]
    result["statistics"] = {
        name: {**about, "value": value.item(), "gradient": summary(gradient, 8)}
        for name, (about, value, gradient) in single.items()
    }

    result["trajectories"] = {}
    for name, about in TRAJECTORIES.items():
        network = "squeezenet1_0" if about["recipe"] == "gatys" else "vgg19"
        for line_search in (None, "strong_wolfe"):
            found = trajectory_case(name, line_search, weights[network])
            result["trajectories"][f"{name}/{found['line_search']}"] = found
    reference.write_json(out, result)
    print(f"{out}: {Path(out).stat().st_size} bytes")


def case(a):
    """Tensors content, style, initial, gradient, and losses: total, content, style, variation (0
    where there is none), then the error of each content and each style layer in order. The
    metadata's `case` is JSON: what recipes.json has for a recipe, without the samples."""
    r = RECIPES[a.name]
    pictures = pictures_of(a.name, a.height, a.width, a.style_height, a.style_width)
    pictures = [p.to(getattr(torch, a.dtype)) for p in pictures]
    found = run(a.name, RandomWeights(r["network"]), *pictures)
    start = found["start"]
    losses = [start["total"], start["content"], start["style"]]
    losses.append(start.get("variation", {"weighted": 0.0})["weighted"])
    losses += [e["error"] for p in ("content_layers", "style_layers") for e in start[p].values()]
    tensors = dict(
        zip(("content", "style", "initial"), pictures),
        gradient=found["gradient"],
        losses=torch.tensor(losses, dtype=torch.float64),
    )
    about = {"name": a.name, "network": r["network"], "dtype": a.dtype, "start": start}
    reference.write_safetensors(a.out, tensors, {"case": json.dumps(about)})
    print(json.dumps(start, indent=1))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    modes = parser.add_subparsers(dest="mode", required=True)
    m = modes.add_parser("golden")
    m.add_argument("--out", default=Path(__file__).with_name("recipes.json"))
    m = modes.add_parser("case")
    m.add_argument("name", choices=RECIPES)
    m.add_argument("--out", required=True)
    m.add_argument("--height", type=int, default=48)
    m.add_argument("--width", type=int, default=64)
    m.add_argument("--style-height", type=int)
    m.add_argument("--style-width", type=int)
    m.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    if a.mode == "golden":
        golden(a.out)
    else:
        case(a)


if __name__ == "__main__":
    main()
