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

from export import load_weights, normalise
from model import DeepStackVit, load_config, mrope_rotation, score_matrix
from nuisance import Placement, nuisance
from teacher import EMBEDDING, INPUT, SUMS, Teacher, embed_sums

SEED = 11
IDENTITIES, VIEWS = 42, 3
NEIGHBOURS = 20
KEPT_PATCHES = 4  # of each pooling cell, in the fast part of the training
FULL_FROM = 0.85  # progress at which all patches are shown
TEMPERATURE = 0.07
CONTRAST_WEIGHT, RELATION_WEIGHT, REGRESSION_WEIGHT, CELL_WEIGHT = 0.2, 8.0, 1.0, 0.5
SAME_TO_TEACHER = 0.7  # negatives this similar may be one outfit made twice: not pushed apart
LONGEST_GAP = 86400.0


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of identities, each beside one the teacher finds similar. What the teacher
    says is said of the very box the student sees, before anything was done to its light."""

    def __init__(self, folder, teacher, config, seed):
        labels = np.load(os.path.join(folder, "labels.npz"))
        self.folder, self.teacher, self.config, self.seed = folder, teacher, config, seed
        rows = ~np.char.startswith(labels["kinds"], "heldout")
        per_identity = int((labels["identities"] == 0).sum())
        embedding = torch.from_numpy(labels["teacher"][rows]).view(-1, per_identity, EMBEDDING)
        mean = F.normalize(embedding.mean(dim=1), dim=-1)
        similar = mean @ mean.T - 2 * torch.eye(len(mean))
        self.neighbours = similar.topk(NEIGHBOURS, dim=1).indices.numpy()
        self.shape = embedding.shape[:2]

    def __iter__(self):
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((self.seed, worker.id))
        teacher = Teacher(self.teacher, self.config["pool"])
        views = np.load(os.path.join(self.folder, "views.npy"), mmap_mode="r")
        identities, per_identity = self.shape
        while True:
            seeds = rng.choice(identities, IDENTITIES // 2, replace=False)
            beside = self.neighbours[seeds, rng.integers(NEIGHBOURS, size=len(seeds))]
            chosen = np.repeat(np.concatenate((seeds, beside)), VIEWS)
            shown = np.concatenate(
                [rng.choice(per_identity, VIEWS, replace=False) for _ in range(IDENTITIES)]
            )
            placements = [Placement(rng) for _ in chosen]
            stored = [views[row] for row in chosen * per_identity + shown]
            clean = [place.cut(view, INPUT) for place, view in zip(placements, stored)]
            cells, embedding = teacher(clean)
            images = np.stack(
                [
                    nuisance(view, rng, self.config["image_size"], placement=place)
                    for view, place in zip(stored, placements)
                ]
            )
            longest = 60.0 if rng.random() < 0.5 else LONGEST_GAP
            times = np.exp(rng.uniform(np.log(0.1), np.log(longest), len(chosen)))
            yield tuple(
                torch.from_numpy(part) for part in (images, chosen, times, embedding, cells)
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
    """The loss, with the parts of the network that only training needs.

    The teacher is learnt in three ways: its embedding from the pooled tokens of every level, its
    cells from the residual stream at every tap, and how alike it finds two pictures."""

    def __init__(self, config, head):
        super().__init__()
        levels = len(config["tap_layers"])
        cells, width = config["pool"][0] * config["pool"][1], config["hidden_size"]
        self.scale, self.head = config["match"]["attention_scale"], head
        self.embed = nn.ModuleList(
            nn.Linear(cells * config["projection_size"], EMBEDDING) for _ in range(levels + 1)
        )
        self.cells = nn.ModuleList(nn.Linear(width, SUMS) for _ in range(levels))
        self.cell_bias = nn.Parameter(torch.zeros(levels, cells, SUMS))
        self.cell_gain = nn.Parameter(torch.ones(levels, cells, SUMS))
        self.gain = nn.Parameter(torch.ones(levels + 2))
        self.bias = nn.Parameter(torch.zeros(levels + 2))

    def relations(self, tokens, gates, rotation):
        """Match scores within the batch: of every level, of the fused tokens, and combined."""
        scores = [score_matrix(part, part, rotation, rotation, self.scale) for part in tokens]
        mean_gate = gates.mean(dim=1)
        weight = (mean_gate[:, None] + mean_gate[None]) / 2
        weight = weight / weight.sum(dim=-1, keepdim=True)
        return [*scores, (weight * torch.stack(scores[:-1], dim=-1)).sum(dim=-1)]

    def taught_cells(self, taps, target):
        loss = 0.0
        spread = target.std(dim=(0, 2), keepdim=True)
        for number, (tap, layer) in enumerate(zip(taps, self.cells)):
            said = layer(F.layer_norm(tap, tap.shape[-1:])) * self.cell_gain[number]
            said = said + self.cell_bias[number]
            loss = loss + ((said - target) / spread).square().mean()
            embedded = embed_sums(said.sum(dim=1), self.head)
            whole = embed_sums(target.sum(dim=1), self.head)
            loss = loss + (1 - (embedded * whole).sum(dim=-1)).mean()
        return loss / len(taps)

    def forward(self, taps, levels, fused, gates, rotation, identities, teacher, cells):
        """Pooled taps [N, K, D] a level, levels [N, levels, K, C], fused [N, K, C], gates
        [N, K, levels]; the teacher's embeddings [N, 256] and cells [N, K, 128]."""
        same = identities[:, None] == identities[None]
        other = ~torch.eye(len(same), dtype=torch.bool)
        likeness = teacher @ teacher.T
        compared = other & (same | (likeness < SAME_TO_TEACHER))
        tokens = [*levels.unbind(dim=1), fused]
        scores = self.relations(tokens, gates, rotation)
        contrast = relation = regression = 0.0
        for number, score in enumerate(scores):
            contrast = contrast + contrastive_loss(score / TEMPERATURE, same & other, compared)
            error = self.gain[number] * score + self.bias[number] - likeness
            relation = relation + error[other].square().mean()
        for part, head in zip(tokens, self.embed):
            said = head(part.flatten(1))
            regression = regression + (1 - F.cosine_similarity(said, teacher)).mean()
        contrast, relation = contrast / len(scores), relation / len(scores)
        regression = regression / len(tokens)
        local = self.taught_cells(taps, cells)
        loss = (
            CONTRAST_WEIGHT * contrast
            + RELATION_WEIGHT * relation
            + REGRESSION_WEIGHT * regression
            + CELL_WEIGHT * local
        )
        first = [rank_one(score, same, other) for score in scores]
        parts = (contrast, relation, regression, local)
        return loss, (*(part.item() for part in parts), *first)


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


def step_loss(model, objective, batch, masked, generator, forward):
    images, identities, times, teacher, cells = batch
    pixels, rotation = normalise(images, model.config), mrope_rotation(times, model.config)
    keep = kept_patches(len(pixels), model, generator) if masked else None
    with torch.autocast("cpu", torch.bfloat16):
        output = forward(pixels, keep)
    count = model.config["pool"][0] * model.config["pool"][1]

    def pooled(part):
        return model.pool(part.float()) if keep is None else pool_kept(part.float(), count)

    taps = [pooled(tap) for tap in output["taps"]]
    parts = [pooled(output[name]) for name in ("levels", "fused", "gates")]
    return objective(taps, *parts, rotation, identities, teacher, cells)


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
        if options.initial:
            self.model.load_state_dict(load_weights(options.initial))
        teacher = Teacher(options.teacher, config["pool"])
        self.objective = Objective(config, teacher.head)
        self.forward = torch.compile(self.model)
        self.optimiser = optimiser_of((self.model, self.objective), options.rate)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.step, self.progress = 0, 0.0
        if options.resume:
            self.load(options.resume)
            if options.again:
                self.progress = 0.0
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
        loss, figures = step_loss(
            self.model,
            self.objective,
            batch,
            self.progress < self.options.full_from,
            self.generator,
            self.forward,
        )
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
        Batches(options.data, options.teacher, run.model.config, SEED + run.step),
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
        torch.set_num_threads(options.threads or processors.free())
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
    parser.add_argument("teacher", help="person-reidentification-retail-0288.xml")
    parser.add_argument("output", help="checkpoint to write")
    parser.add_argument("--initial", help="model folder whose weights to begin with")
    parser.add_argument("--resume", help="checkpoint to continue from")
    parser.add_argument("--minutes", type=float, default=62, help="length; the schedule follows it")
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as are free")
    parser.add_argument("--again", action="store_true", help="with --resume: a new schedule")
    parser.add_argument(
        "--full-from", type=float, default=FULL_FROM, help="share of the schedule, 0..1"
    )
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--average", type=float, default=0.997, help="decay of the averaged weights"
    )
    train(parser.parse_args())


if __name__ == "__main__":
    main()
