"""Who is compared with whom: the pairs of sounds that a mixture objective draws together or apart."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Comparison:
    """Anchors `(n, dim)`, keys `(m, dim)` and two bool masks `(n, m)`."""

    anchors: torch.Tensor
    keys: torch.Tensor
    positive: torch.Tensor
    negative: torch.Tensor


def pairs(first: torch.Tensor, second: torch.Tensor) -> list[Comparison]:
    """Two notes each of n instruments, `(n, dim)`: each is asked for the other among all."""
    same = torch.eye(len(first), dtype=torch.bool, device=first.device)
    return [Comparison(second, first, same, ~same), Comparison(first, second, same, ~same)]


def one_way(notes: torch.Tensor, mixtures: torch.Tensor, contains: torch.Tensor) -> list[Comparison]:
    """Mixtures ask for the notes of their instruments; the notes stay where they are.

    Args:
        notes: `(n, dim)`.
        mixtures: `(m, dim)`.
        contains: bool `(m, n)`, which notes are of an instrument of which mixture.
    """
    return [Comparison(mixtures, notes.detach(), contains, ~contains)]


def anchored(notes: torch.Tensor, mixtures: torch.Tensor, contains: torch.Tensor) -> list[Comparison]:
    """Mixtures ask for the notes of their instruments, and both are moved; shapes as in `one_way`."""
    return [Comparison(mixtures, notes, contains, ~contains)]


def symmetric(notes: torch.Tensor, mixtures: torch.Tensor, contains: torch.Tensor) -> list[Comparison]:
    """Mixtures ask for notes, and notes for the mixture they sound in; shapes as in `one_way`."""
    return [
        Comparison(mixtures, notes, contains, ~contains),
        Comparison(notes, mixtures, contains.T, ~contains.T),
    ]


def full(notes: torch.Tensor, mixtures: torch.Tensor, contains: torch.Tensor) -> list[Comparison]:
    """Every sound asks: its mixture or its instruments are right, all sounds of other mixtures are wrong.

    Notes of one mixture's different instruments are not compared (Le Vaillant and Molle 2025). Shapes as in
    `one_way`.
    """
    m, n = contains.shape
    of_mixture = contains.float().T @ contains.float() > 0  # (n, n): the two sound in one mixture
    apart = torch.ones(n + m, n + m, dtype=torch.bool, device=notes.device)
    together = torch.zeros_like(apart)
    together[:n, n:], together[n:, :n] = contains.T, contains
    apart[:n, :n], apart[:n, n:], apart[n:, :n] = ~of_mixture, ~contains.T, ~contains
    apart.fill_diagonal_(False)
    sounds = torch.cat([notes, mixtures])
    return [Comparison(sounds, sounds, together, apart)]
