"""The same nets and steps in PyTorch, as fast as it has them: what speed.py compares with.

channels_last memory, D's parameters frozen in G's step, fakes cut from G's graph in D's step,
reals and fakes judged in one pass, one power iteration per update of D.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from chainer_gan_anime.algorithms.registry import make_discriminator, make_generator
from chainer_gan_anime.settings import Settings


class Generator(nn.Module):
    """The layers of one of our generators."""

    def __init__(self, gen):
        super().__init__()
        self.bottom_shape = gen.bottom_shape
        self.l0 = nn.Linear(gen.n_hidden, gen.l0.W.shape[0])
        self.bn0 = nn.BatchNorm1d(gen.l0.W.shape[0])
        layers = []
        for i in range(1, gen.n_hidden_deconvolutions + 2):
            link = gen[f"dc{i}"]
            n_in, n_out, kernel, _ = link.W.shape
            layers.append(nn.ConvTranspose2d(n_in, n_out, kernel, link.stride[0], link.pad[0]))
            if hasattr(gen, f"bn{i}"):
                layers += [nn.BatchNorm2d(n_out), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z):
        """Draw images from z (B, n_hidden)."""
        h = F.relu(self.bn0(self.l0(z))).reshape(len(z), *self.bottom_shape)
        return self.layers(h.contiguous(memory_format=torch.channels_last))


class Discriminator(nn.Module):
    """The layers of one of our discriminators, with spectral normalisation or without any."""

    def __init__(self, dis, spectral: bool):
        super().__init__()
        self.slope = dis.slope
        self.layers = nn.ModuleList()
        for name in dis.layer_names:
            link = dis[name]
            n_out, n_in, kernel, _ = link.W.shape
            bias = link.b is not None
            self.layers.append(nn.Conv2d(n_in, n_out, kernel, link.stride[0], 1, bias=bias))
        self.layers.append(nn.Linear(dis.l4.W.shape[1], 1))
        self.vectors = [torch.randn(layer.weight.shape[0]) for layer in self.layers]
        self.spectral = spectral

    def _weight(self, i: int, moving: bool):
        weight = self.layers[i].weight
        if not self.spectral:
            return weight
        matrix = weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(matrix.T @ self.vectors[i], dim=0, eps=1e-12)
            u = F.normalize(matrix @ v, dim=0, eps=1e-12)
            if moving:
                self.vectors[i] = u
        return weight / (u @ matrix @ v)

    def forward(self, x, moving: bool = True):
        """Judge images (B, 3, H, W); ``moving`` lets the power iteration go on."""
        h = x
        for i, layer in enumerate(self.layers[:-1]):
            weight = self._weight(i, moving)
            h = F.leaky_relu(F.conv2d(h, weight, layer.bias, layer.stride, 1), self.slope)
        last = self.layers[-1]
        return F.linear(h.flatten(1), self._weight(len(self.layers) - 1, moving), last.bias)


def make_step(settings: Settings, images: np.ndarray, device: str = "cpu") -> Callable[[], None]:
    """Return a function that makes one iteration.

    Args:
        settings: The run's; algorithm dragan or sngan.
        images: uint8 (N, 3, H, W) to train on.
        device: Where; with dtype mixed16 layers compute in half precision there.
    """
    torch.manual_seed(settings.seed)
    gen = Generator(make_generator(settings)).to(device, memory_format=torch.channels_last)
    dis = Discriminator(make_discriminator(settings), settings.algorithm == "sngan")
    dis = dis.to(device, memory_format=torch.channels_last)
    dis.vectors = [vector.to(device) for vector in dis.vectors]
    betas = settings.adam_beta1, settings.adam_beta2
    opt_gen = torch.optim.Adam(gen.parameters(), settings.adam_alpha_gen, betas)
    opt_dis = torch.optim.Adam(dis.parameters(), settings.adam_alpha_dis, betas)
    data = torch.from_numpy(images).to(device).contiguous(memory_format=torch.channels_last)
    batch_size = settings.batch_size

    half = torch.autocast(device, torch.float16, enabled=settings.dtype == "mixed16")

    @half
    def step() -> None:
        indices = torch.randint(len(data), (batch_size,), device=device)
        x_real = data[indices].float().mul_(2 / 255).sub_(1)
        z = torch.rand(batch_size, settings.n_hidden, device=device).mul_(2).sub_(1)
        dis.requires_grad_(False)
        x_fake = gen(z)
        loss_gen = F.softplus(-dis(x_fake, moving=False)).mean()
        opt_gen.zero_grad()
        loss_gen.backward()
        opt_gen.step()
        dis.requires_grad_(True)
        y_real, y_fake = dis(torch.cat([x_real, x_fake.detach()])).split(batch_size)
        loss_dis = F.softplus(-y_real).mean() + F.softplus(y_fake).mean()
        if settings.algorithm == "dragan":
            noise = torch.rand_like(x_real)
            x = (x_real + 0.5 * noise * x_real.std(0, correction=0)).requires_grad_()
            (gradient,) = torch.autograd.grad(dis(x).sum(), x, create_graph=True)
            norm = (gradient.square().sum((1, 2, 3)) + 1e-12).sqrt()
            loss_dis = loss_dis + settings.options["lam"] * (norm - 1).square().mean()
        opt_dis.zero_grad()
        loss_dis.backward()
        opt_dis.step()

    return step
