"""Group the faces of a map into connected clusters of about equal weight, along barriers where there are any."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SLIGHT = 0.3  # a cluster with less than this share of the usual weight is none
Neighbours = list[list[tuple[int, float]]]  # per face: the faces that share an edge, and the cost of crossing


@dataclass(frozen=True)
class FaceGraph:
    """Faces as points with weight; `neighbours` has the cost of going from one face to the next."""

    position_m: np.ndarray
    weight: np.ndarray
    neighbours: Neighbours


def grow(graph: FaceGraph, members: Sequence[int], seeds: Sequence[int]) -> tuple[dict[int, int], dict[int, float]]:
    """Give every member to the seed that reaches it cheapest: cluster numbers and costs. Clusters are connected."""
    allowed = set(members)
    label: dict[int, int] = {}
    cost: dict[int, float] = {}
    queue = [(0.0, seed, number) for number, seed in enumerate(seeds)]
    heapq.heapify(queue)
    while queue:
        so_far, face, number = heapq.heappop(queue)
        if face in label:
            continue
        label[face], cost[face] = number, so_far
        for other, step in graph.neighbours[face]:
            if other in allowed and other not in label:
                heapq.heappush(queue, (so_far + step, other, number))
    return label, cost


def cluster(graph: FaceGraph, members: Sequence[int], count: int, rounds: int = 5) -> list[list[int]]:
    """Split the members into `count` connected clusters, or fewer: slight ones join a neighbour."""
    slight = 0.12 * float(graph.weight[list(members)].sum()) / max(count, len(members))
    weighty = [face for face in members if graph.weight[face] > slight]
    seeds = _spread_seeds(graph, members, weighty, min(count, len(weighty)))
    label, _cost = grow(graph, members, seeds)
    for _round in range(rounds):
        centred = _centres(graph, weighty, label, seeds)
        if centred == seeds:
            break
        seeds = centred
        label, _cost = grow(graph, members, seeds)
    _absorb_slight(graph, members, label, len(seeds))
    clusters = [[face for face in members if label[face] == number] for number in sorted(set(label.values()))]
    return clusters


def _absorb_slight(graph: FaceGraph, members: Sequence[int], label: dict[int, int], count: int) -> None:
    """Join each cluster of much less than the usual weight to the neighbour that is reached cheapest from it."""
    while True:
        weight = dict.fromkeys(label.values(), 0.0)
        for face in members:
            weight[label[face]] += float(graph.weight[face])
        slightest = min(weight, key=lambda number: (weight[number], number))
        if len(weight) == 1 or weight[slightest] >= SLIGHT * sum(weight.values()) / count:
            return
        inside = [face for face in members if label[face] == slightest]
        _cost, heir = min(
            (cost, label[other])
            for face in inside
            for other, cost in graph.neighbours[face]
            if other in label and label[other] != slightest
        )
        for face in inside:
            label[face] = heir


def _spread_seeds(graph: FaceGraph, members: Sequence[int], weighty: Sequence[int], count: int) -> list[int]:
    """Seeds far from each other: the heart of the whole first, then always the face that is reached last."""
    weights = graph.weight[weighty]
    heart = np.average(graph.position_m[weighty], axis=0, weights=weights)
    seeds = [_nearest(graph, weighty, heart)]
    while len(seeds) < count:
        _label, cost = grow(graph, members, seeds)
        taken = set(seeds)
        seeds.append(max((face for face in weighty if face not in taken), key=lambda face: (cost[face], -face)))
    return seeds


def _centres(graph: FaceGraph, weighty: Sequence[int], label: dict[int, int], seeds: list[int]) -> list[int]:
    """For each cluster the face nearest to its centre of weight; no face serves two clusters."""
    groups: list[list[int]] = [[] for _seed in seeds]
    for face in weighty:
        groups[label[face]].append(face)
    centres = []
    for seed, group in zip(seeds, groups, strict=True):
        if not group:
            centres.append(seed)
            continue
        middle = np.average(graph.position_m[group], axis=0, weights=graph.weight[group])
        centres.append(_nearest(graph, group, middle))
    return centres


def _nearest(graph: FaceGraph, faces: Sequence[int], point: np.ndarray) -> int:
    away = np.hypot(*(graph.position_m[list(faces)] - point).T)
    return int(list(faces)[int(np.argmin(away))])
