"""Trains the default model: on every level, views of one identity must match across light, pose
and time, and other identities must look as similar as the teacher finds them.

The match score that is trained is the one the plugin computes. For speed, most of the training
shows the network only a random part of the patches of each pooling cell.
"""

import argparse
import math
import os
import time

import cv2
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from export import normalise
from model import DeepStackVit, load_config, mrope_rotation, score_matrix
from nuisance import nuisance

SEED = 11
IDENTITIES, VIEWS = 32, 4
NEIGHBOURS = 20
KEPT_PATCHES = 4  # of each pooling cell, in the fast part of the training
FULL_FROM = 0.85  # progress at which all patches are shown
TEMPERATURE = 0.07
RELATION_WEIGHT, REGRESSION_WEIGHT = 2.0, 1.0
SAME_TO_TEACHER = 0.7  # negatives this similar may be one outfit made twice: not pushed apart
LONGEST_GAP = 86400.0


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of identities, each beside one the teacher finds similar."""

    def __init__(self, folder, size, seed):
        labels = np.load(os.path.join(folder, "labels.npz"))
        self.size, self.folder, self.seed = size, folder, seed
        rows = ~np.char.startswith(labels["kinds"], "heldout")
        per_identity = int((labels["identities"] == 0).sum())
        self.teacher = torch.from_numpy(labels["teacher"][rows]).view(-1, per_identity, 256)
        mean = F.normalize(self.teacher.mean(dim=1), dim=-1)
        similar = mean @ mean.T - 2 * torch.eye(len(mean))
        self.neighbours = similar.topk(NEIGHBOURS, dim=1).indices.numpy()
        self.target = F.normalize(F.normalize(self.teacher, dim=-1) + mean.unsqueeze(1), dim=-1)

    def __iter__(self):
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.seed)
        views = np.load(os.path.join(self.folder, "views.npy"), mmap_mode="r")
        per_identity = self.teacher.shape[1]
        while True:
            seeds = rng.choice(len(self.teacher), IDENTITIES // 2, replace=False)
            beside = self.neighbours[seeds, rng.integers(NEIGHBOURS, size=len(seeds))]
            chosen = np.repeat(np.concatenate((seeds, beside)), VIEWS)
            shown = np.concatenate(
                [rng.choice(per_identity, VIEWS, replace=False) for _ in range(IDENTITIES)]
            )
            images = np.stack(
                [
                    nuisance(views[identity * per_identity + view], rng, self.size)
                    for identity, view in zip(chosen, shown)
                ]
            )
            longest = 60.0 if rng.random() < 0.5 else LONGEST_GAP
            times = np.exp(rng.uniform(np.log(0.1), np.log(longest), len(chosen)))
            yield (
                torch.from_numpy(images),
                torch.from_numpy(chosen),
                torch.from_numpy(times),
                self.teacher[chosen, shown],
                self.target[chosen, shown],
            )


def kept_patches(batch, model, generator):
    """Indices [batch, cells * KEPT_PATCHES] of random patches, ordered by pooling cell."""
    index = torch.arange(model.grid[0] * model.grid[1]).view(model.grid)
    rows, columns = model.config["pool"]
    cells = (
        index.view(rows, model.grid[0] // rows, columns, -1)
        .transpose(1, 2)
        .reshape(rows * columns, -1)
    )
    order = torch.rand((batch, *cells.shape), generator=generator).argsort(dim=-1)[
        ..., :KEPT_PATCHES
    ]
    return cells.expand(batch, -1, -1).gather(2, order).flatten(1)


def pool_kept(tokens, cells):
    return tokens.unflatten(-2, (cells, -1)).mean(dim=-2)


class Objective(nn.Module):
    """The loss, with the parts of the network that only training needs."""

    def __init__(self, config, outputs):
        super().__init__()
        cells = config["pool"][0] * config["pool"][1]
        self.scale = config["match"]["attention_scale"]
        self.heads = nn.ModuleList(
            nn.Linear(cells * config["projection_size"], 256) for _ in range(outputs)
        )
        self.gain = nn.Parameter(torch.ones(outputs + 1))
        self.bias = nn.Parameter(torch.zeros(outputs + 1))

    def forward(self, levels, fused, gates, rotation, identities, teacher, target):
        """Pooled levels [N, levels, K, C], fused [N, K, C] and gates [N, K, levels]."""
        same = identities[:, None] == identities[None]
        other = ~torch.eye(len(same), dtype=torch.bool)
        likeness = teacher @ teacher.T
        compared = other & (same | (likeness < SAME_TO_TEACHER))
        tokens = [*levels.unbind(dim=1), fused]
        scores = [score_matrix(part, part, rotation, rotation, self.scale) for part in tokens]
        mean_gate = gates.mean(dim=1)
        weight = (mean_gate[:, None] + mean_gate[None]) / 2
        weight = weight / weight.sum(dim=-1, keepdim=True)
        scores.append((weight * torch.stack(scores[:-1], dim=-1)).sum(dim=-1))
        contrast = relation = regression = 0.0
        for number, score in enumerate(scores):
            contrast = contrast + contrastive_loss(score / TEMPERATURE, same & other, compared)
            error = self.gain[number] * score + self.bias[number] - likeness
            relation = relation + error[~same].square().mean()
        for part, head in zip(tokens, self.heads):
            regression = (
                regression + (1 - F.cosine_similarity(head(part.flatten(1)), target)).mean()
            )
        contrast, relation = contrast / len(scores), relation / len(scores)
        regression = regression / len(tokens)
        loss = contrast + RELATION_WEIGHT * relation + REGRESSION_WEIGHT * regression
        first = [rank_one(score, same, other) for score in scores]
        return loss, (contrast.item(), relation.item(), regression.item(), *first)


def contrastive_loss(logits, positive, compared):
    share = logits - logits.masked_fill(~compared, -math.inf).logsumexp(dim=1, keepdim=True)
    return -(share * positive).sum() / positive.sum()


def rank_one(score, same, other):
    best = score.detach().masked_fill(~other, -math.inf).argmax(dim=1, keepdim=True)
    return same.gather(1, best).float().mean().item()


def optimiser_of(modules, rate):
    parameters = [parameter for module in modules for parameter in module.parameters()]
    matrices = [parameter for parameter in parameters if parameter.ndim > 1]
    vectors = [parameter for parameter in parameters if parameter.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
        lr=rate,
        betas=(0.9, 0.98),
    )


def rate_at(progress, step, peak, warmup=100):
    return (
        peak
        * min(1.0, (step + 1) / warmup)
        * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
    )


def step_loss(model, objective, batch, progress, generator):
    images, identities, times, teacher, target = batch
    pixels, rotation = normalise(images, model.config), mrope_rotation(times, model.config)
    keep = kept_patches(len(pixels), model, generator) if progress < FULL_FROM else None
    with torch.autocast("cpu", torch.bfloat16):
        output = model(pixels, keep)
    parts = [output[name].float() for name in ("levels", "fused", "gates")]
    cells = model.config["pool"][0] * model.config["pool"][1]
    pooled = [model.pool(part) if keep is None else pool_kept(part, cells) for part in parts]
    return objective(*pooled, rotation, identities, teacher, target)


class Processors:
    """Counts the processors that un-niced programs leave free: on a shared machine, one thread too
    many makes all others wait at every operation. (Linux; this training is meant to run niced.)"""

    def __init__(self):
        self.last = self.read()

    def read(self):
        with open("/proc/stat") as stream:
            return np.array([float(field) for field in stream.readline().split()[1:]])

    def free(self):
        now = self.read()
        spent, self.last = now - self.last, now
        used_by_others = spent[0] / max(spent.sum(), 1.0)
        return max(1, int((1 - used_by_others) * os.cpu_count() + 0.35))


class Run:
    """Everything that changes during a training, and can be stored and taken up again."""

    def __init__(self, options):
        torch.manual_seed(SEED)
        self.options, config = options, load_config(options.config)
        self.model = DeepStackVit(config)
        self.objective = Objective(config, len(config["tap_layers"]) + 1)
        self.optimiser = optimiser_of((self.model, self.objective), options.rate)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.step, self.progress = 0, 0.0
        if options.resume:
            self.load(options.resume)
        self.generator = torch.Generator().manual_seed(SEED + self.step)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        for part in ("model", "objective", "optimiser"):
            getattr(self, part).load_state_dict(state[part])
        self.average, self.step, self.progress = (
            state[name] for name in ("average", "step", "progress")
        )

    def save(self, path):
        state = {
            name: getattr(self, name).state_dict() for name in ("model", "objective", "optimiser")
        }
        state.update(average=self.average, step=self.step, progress=self.progress)
        torch.save(state, path + ".partial")
        os.replace(path + ".partial", path)

    def advance(self, batch):
        """One step; returns what the log shows."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.progress, self.step, self.options.rate)
        loss, figures = step_loss(self.model, self.objective, batch, self.progress, self.generator)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        keep = min(self.options.average, (1 + self.step) / (10 + self.step))
        for name, value in self.model.state_dict().items():
            self.average[name].lerp_(value, 1 - keep)
        self.step += 1
        return figures


def train(options):
    run, processors = Run(options), Processors()
    batches = torch.utils.data.DataLoader(
        Batches(options.data, run.model.config["image_size"], SEED + run.step),
        batch_size=None,
        num_workers=1,
        prefetch_factor=4,
    )
    start = saved = time.monotonic()
    begun, history = run.progress, []
    for batch in batches:
        minutes = (time.monotonic() - start) / 60
        run.progress = begun + (1 - begun) * minutes / options.minutes
        if run.progress >= 1:
            break
        torch.set_num_threads(processors.free())
        history.append(run.advance(batch))
        if run.step % 50 == 0:
            shown = " ".join(f"{value:.3f}" for value in np.mean(history, axis=0))
            print(f"step {run.step} minutes {minutes:.1f} {shown}", flush=True)
            history.clear()
        if time.monotonic() - saved > 60 * options.save_minutes:
            run.save(options.output)
            saved = time.monotonic()
    run.save(options.output)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="deepstack_vit.json")
    parser.add_argument("data", help="folder written by data.py")
    parser.add_argument("output", help="checkpoint to write")
    parser.add_argument("--resume", help="checkpoint to continue from")
    parser.add_argument("--minutes", type=float, default=62, help="length; the schedule follows it")
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--average", type=float, default=0.997, help="decay of the averaged weights"
    )
    train(parser.parse_args())


if __name__ == "__main__":
    main()
