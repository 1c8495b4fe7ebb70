"""Fits how the levels are combined, and what score means "the same", on held-out persons.

Level biases and slopes over time, scale and offset are fitted by logistic regression on pairs of
a track (QUERY_VIEWS views) and an identity (KEY_VIEWS views), as the gallery compares them: a score
against several views is higher than against one, for the right and the wrong alike. Pairs under
one light count as seen one second apart, relit pairs as an hour apart.
The offset is then moved to where OFFSET_FALSE_MATCHES of the pairs of different persons score
above it, because a false match costs more than a miss, and the scale is fitted again.
Rewrites config.json and the reference of an exported model folder.
"""

import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F

from evaluate import embed
from export import load_model, write_config, write_reference
from model import combine_levels, match_score, mrope_rotation
from nuisance import nuisance

SEED = 23
ONE_LIGHT_GAP, RELIT_GAP = 1.0, 3600.0
KEY_VIEWS, QUERY_VIEWS = 3, 2
SAME_TO_TEACHER = 0.7
OFFSET_FALSE_MATCHES = 0.01
MOST_PAIRS = 100_000  # of different persons, per light
SHRINKAGE = 0.02


class HeldOut:
    """Views of the persons that training has not seen."""

    def __init__(self, folder, size):
        labels = np.load(os.path.join(folder, "labels.npz"))
        rows = np.flatnonzero(np.char.startswith(labels["kinds"], "heldout"))
        views = np.load(os.path.join(folder, "views.npy"), mmap_mode="r")
        self.views, self.size = views[rows], size
        identities, teacher = labels["identities"][rows], torch.from_numpy(labels["teacher"][rows])
        self.same = torch.from_numpy(identities[:, None] == identities[None])
        likeness = teacher @ teacher.T
        # Two outfits made from one person may look the same, and one person may be two tracks: such
        # pairs say nothing.
        certain = likeness < SAME_TO_TEACHER
        different = (~self.same & certain).float()
        share = min(1.0, MOST_PAIRS / float(different.sum()))
        generator = torch.Generator().manual_seed(SEED)
        self.different = torch.rand(different.shape, generator=generator) < share * different
        self.rows_of_identities = [
            np.flatnonzero(identities == identity).tolist() for identity in np.unique(identities)
        ]

    def inputs(self, relit):
        """Every view twice, the second time in another state."""
        rng = np.random.default_rng(SEED + relit)
        return [nuisance(view, rng, self.size, relit) for _ in range(2) for view in self.views]

    def tracks(self):
        """Rows [identities, KEY_VIEWS + QUERY_VIEWS] of inputs(): the last view against the rest."""
        second = len(self.views)
        return torch.tensor(
            [
                (first, other, first + second, last, last + second)
                for first, other, last in self.rows_of_identities
            ]
        )


@torch.no_grad()
def level_scores(model, query, key, gap):
    """[queries, keys, levels]: tracks of QUERY_VIEWS views [N, views, L, K, C], the mean over the
    views, against identities of KEY_VIEWS views, whose tokens are attended to together."""
    config = model.config
    cos, sin = mrope_rotation((gap, 0.0), config)
    query_turn, key_turn = ((t[0], t[1].repeat(KEY_VIEWS, 1)) for t in (cos, sin))
    rotations = (query_turn[0], key_turn[0]), (query_turn[1], key_turn[1])
    keys = key.permute(2, 0, 1, 3, 4).flatten(2, 3)  # [L, identities, views * K, C]
    scores = []
    for views in query.unbind(0):
        by_level = [
            match_score(views[:, level, None], keys[level], rotations[0], rotations[1],
                        config["match"]["attention_scale"]).mean(dim=0)
            for level in range(len(config["tap_layers"]))
        ]
        scores.append(torch.stack(by_level, dim=-1))
    return torch.stack(scores)


def pairs_of(model, heldout):
    """Per gap: level scores, gates of query and key, and the labels, of all usable pairs of a track
    and an identity, as the gallery compares them."""
    seen, seen_gates = embed(model, heldout.inputs(False))
    tracks = heldout.tracks()
    key_rows, query_rows = tracks[:, :KEY_VIEWS], tracks[:, KEY_VIEWS:]
    same = torch.eye(len(tracks), dtype=torch.bool)
    usable = same | heldout.different[query_rows[:, 0]][:, key_rows[:, 0]]
    pairs = []
    for gap in (ONE_LIGHT_GAP, RELIT_GAP):
        views, gates = seen, seen_gates
        if gap == RELIT_GAP:
            views, gates = embed(model, heldout.inputs(True))
        rows, columns = usable.nonzero(as_tuple=True)
        scores = level_scores(model, views[query_rows], seen[key_rows], gap)[rows, columns]
        query_gates, key_gates = gates[query_rows].mean(dim=1), seen_gates[key_rows].mean(dim=1)
        pairs.append((gap, scores, query_gates[rows], key_gates[columns], same[rows, columns].float()))
    return pairs


def combined(pairs, match):
    score = [combine_levels(scores, query, key, gap, match) for gap, scores, query, key, _ in pairs]
    return torch.cat(score), torch.cat([label for *_, label in pairs])


def balanced_loss(score, label, scale, offset):
    loss = F.binary_cross_entropy_with_logits(scale * (score - offset), label, reduction="none")
    return (loss[label == 1].mean() + loss[label == 0].mean()) / 2


def minimise(loss, parameters, steps=60):
    optimiser = torch.optim.LBFGS(parameters, max_iter=steps, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)


def rounded(values):
    return [round(value, 4) for value in values.detach().tolist()]


def fit(pairs, match):
    """The fitted match section; the deepest level's bias and slope stay zero."""
    levels = pairs[0][1].shape[-1]
    bias, slope = (torch.zeros(levels, requires_grad=True) for _ in range(2))
    scale, offset = (
        torch.tensor(match["scale"], requires_grad=True),
        torch.tensor(match["offset"], requires_grad=True),
    )
    anchor = torch.ones(levels)
    anchor[-1] = 0

    def loss():
        weights = {"level_bias": bias * anchor, "level_gap_slope": slope * anchor}
        score, label = combined(pairs, weights)
        shrinkage = SHRINKAGE * (bias.square().sum() + 50 * slope.square().sum())
        return balanced_loss(score, label, scale, offset) + shrinkage

    minimise(loss, [bias, slope, scale, offset])
    fitted = {
        **match,
        "level_bias": rounded(bias * anchor),
        "level_gap_slope": rounded(slope * anchor),
    }
    with torch.no_grad():
        score, label = combined(pairs, fitted)
    fitted["offset"] = round(
        float(np.quantile(score[label == 0].numpy(), 1 - OFFSET_FALSE_MATCHES)), 4
    )
    minimise(lambda: balanced_loss(score, label, scale, fitted["offset"]), [scale])
    fitted["scale"] = round(scale.item(), 3)
    return fitted


def report(pairs, match):
    """One line per light: how often P >= 0.5."""
    for gap, scores, query, key, label in pairs:
        with torch.no_grad():
            accepted = combine_levels(scores, query, key, gap, match) >= match["offset"]
        for value, name in ((1, "one person"), (0, "different persons")):
            share = 100 * accepted[label == value].float().mean()
            print(
                f"gap {gap:g} s, {(label == value).sum()} pairs of {name}: {share:.2f} % accepted"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="folder of an exported model")
    parser.add_argument("data", help="folder written by data.py")
    options = parser.parse_args()
    model = load_model(options.model)
    pairs = pairs_of(model, HeldOut(options.data, tuple(model.config["image_size"])))
    model.config["match"] = fit(pairs, model.config["match"])
    print(model.config["match"])
    report(pairs, model.config["match"])
    write_config(model.config, os.path.join(options.model, "config.json"))
    write_reference(options.model)


if __name__ == "__main__":
    main()
