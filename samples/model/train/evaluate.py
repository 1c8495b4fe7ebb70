"""Measures a model on folders of person crops in Market-1501 naming and prints Markdown tables.

Each folder holds gallery/ (first visits) and query/ (later visits, possibly relit), with at most
VISIT_CROPS crops a visit; the crops of a person, in the order of time, are cut into visits of that
length. Three questions are asked:
- visits: do the mean embeddings of visits separate (AUC), how many returns find their person first;
- crops: does a single crop find its person first (rank-1), mean average precision;
- decisions: how often P >= 0.5 for crops of the same, and of different persons.
"""

import argparse
import glob
import os

import cv2
import numpy as np
import torch

from export import load_model, normalise
from model import DeepStackVit, combine_levels, mrope_rotation, score_matrix
from nuisance import standardise

VISIT_CROPS = 24
GAP_SECONDS = 3600.0
STRIPES = 4


def read_crops(folder):
    """RGB crops, person numbers and visit numbers of one folder, in the order of time."""
    paths = sorted(glob.glob(os.path.join(folder, "*.jpg")))
    persons = np.array([int(os.path.basename(path).split("_")[0]) for path in paths])
    place = np.concatenate([np.arange((persons == person).sum()) for person in np.unique(persons)])
    visits = (place % VISIT_CROPS == 0).cumsum() - 1
    return [cv2.imread(path)[..., ::-1] for path in paths], persons, visits


def network_input(crop, size, contrast):
    shrinking = crop.shape[0] > size[0] or crop.shape[1] > size[1]
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    picture = cv2.resize(np.ascontiguousarray(crop), size[::-1], interpolation=method)
    return standardise(picture, contrast) if contrast else picture


def histogram(crop):
    """Square roots of the hue-saturation-value histograms of horizontal stripes."""
    parts = []
    for stripe in np.array_split(
        cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2HSV), STRIPES
    ):
        counts = cv2.calcHist([stripe], [0, 1, 2], None, [16, 8, 8], [0, 180, 0, 256, 0, 256])
        parts.append(np.sqrt(counts.ravel() / counts.sum()))
    return np.concatenate(parts)


@torch.no_grad()
def embed(model, crops):
    """Pooled tokens [N, levels + 1, K, C], fused last, and mean gates [N, levels]."""
    size, contrast = tuple(model.config["image_size"]), model.config.get("crop_contrast", 0)
    images = np.stack([network_input(crop, size, contrast) for crop in crops])
    tokens, gates = [], []
    for start in range(0, len(images), 64):
        output = model(normalise(torch.from_numpy(images[start : start + 64]), model.config))
        parts = torch.cat((output["levels"], output["fused"].unsqueeze(1)), dim=1)
        tokens.append(model.pool(parts))
        gates.append(output["gates"].mean(dim=1))
    return torch.cat(tokens), torch.cat(gates)


@torch.no_grad()
def scores(model, query, key, gap=GAP_SECONDS):
    """Score matrices by name: one of each level, of the fused tokens, and combined."""
    (query, query_gates), (key, key_gates) = query, key
    match = model.config["match"]
    cos, sin = mrope_rotation((gap, 0.0), model.config)
    parts = [
        score_matrix(
            query[:, number],
            key[:, number],
            (cos[0], sin[0]),
            (cos[1], sin[1]),
            match["attention_scale"],
        )
        for number in range(query.shape[1])
    ]
    result = {f"level {number}": part for number, part in enumerate(parts[:-1])}
    result["fused"] = parts[-1]
    result["combined"] = combine_levels(
        torch.stack(parts[:-1], dim=-1), query_gates[:, None], key_gates[None], gap, match
    )
    return {name: part.numpy() for name, part in result.items()}


def mean_of(values, visits):
    return np.stack([values[visits == visit].mean(axis=0) for visit in range(visits.max() + 1)])


def area_under_curve(positive, negative):
    difference = positive[:, None] - negative[None]
    return (difference > 0).mean() + 0.5 * (difference == 0).mean()


def average_precision(row, same):
    hits = same[np.argsort(-row, kind="stable")]
    precision = hits.cumsum() / (np.arange(len(hits)) + 1)
    return precision[hits].mean()


def visit_figures(score, query_persons, key_persons):
    same = query_persons[:, None] == key_persons[None]
    first = key_persons[score.argmax(axis=1)] == query_persons
    return f"{area_under_curve(score[same], score[~same]):.3f} {first.sum()}/{len(first)}"


def crop_figures(score, query_persons, key_persons):
    first = (key_persons[score.argmax(axis=1)] == query_persons).mean()
    precision = [
        average_precision(row, key_persons == person) for row, person in zip(score, query_persons)
    ]
    return f"{100 * first:.0f} {100 * np.mean(precision):.0f}"


def decision_figures(score, query_persons, key_persons, match):
    accepted = match["scale"] * (score - match["offset"]) >= 0
    same = query_persons[:, None] == key_persons[None]
    return f"{100 * accepted[same].mean():.0f} {100 * accepted[~same].mean():.1f}"


def evaluate_folder(folder, models):
    """Three figures per method, in a dictionary of dictionaries."""
    query, query_persons, query_visits = read_crops(os.path.join(folder, "query"))
    key, key_persons, key_visits = read_crops(os.path.join(folder, "gallery"))
    visit_persons = [
        mean_of(persons, visits).astype(int)
        for persons, visits in ((query_persons, query_visits), (key_persons, key_visits))
    ]
    figures = {"visits": {}, "crops": {}, "decisions": {}}

    def record(name, visit_score, crop_score):
        figures["visits"][name] = visit_figures(visit_score, *visit_persons)
        figures["crops"][name] = crop_figures(crop_score, query_persons, key_persons)

    colours = [np.stack([histogram(crop) for crop in crops]) for crops in (query, key)]
    means = [mean_of(values, visits) for values, visits in zip(colours, (query_visits, key_visits))]
    means = [mean / np.linalg.norm(mean, axis=1, keepdims=True) for mean in means]
    record("HSV histogram, 4 stripes", means[0] @ means[1].T, colours[0] @ colours[1].T)
    for prefix, names, model in models:
        embedded = [embed(model, crops) for crops in (query, key)]
        means = [
            tuple(torch.from_numpy(mean_of(part.numpy(), visits)) for part in parts)
            for parts, visits in zip(embedded, (query_visits, key_visits))
        ]
        visit_scores, crop_scores = scores(model, *means), scores(model, *embedded)
        for name in names:
            record(prefix + name, visit_scores[name], crop_scores[name])
        figures["decisions"][prefix + names[-1]] = decision_figures(
            crop_scores[names[-1]], query_persons, key_persons, model.config["match"]
        )
    return figures


def table(title, folders, results, kind):
    lines = [
        "",
        f"{title}",
        "",
        "| method | " + " | ".join(folders) + " |",
        "|---" * (len(folders) + 1) + "|",
    ]
    for method in next(iter(results.values()))[kind]:
        lines.append(
            f"| {method} | " + " | ".join(results[name][kind][method] for name in folders) + " |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="folder of an exported model")
    parser.add_argument("crops", nargs="+", help="folders with gallery/ and query/")
    options = parser.parse_args()
    model = load_model(options.model)
    torch.manual_seed(0)
    untrained = DeepStackVit(model.config).eval()
    models = [
        ("untrained ViT, ", ["combined"], untrained),
        ("ours, ", ["level 0", "level 1", "level 2", "fused", "combined"], model),
    ]
    results = {
        os.path.basename(os.path.normpath(folder)): evaluate_folder(folder, models)
        for folder in options.crops
    }
    folders = list(results)
    print(
        table("Visits: AUC of mean embeddings, returns found at rank 1", folders, results, "visits")
    )
    print(table("Crops: rank-1 %, mAP %", folders, results, "crops"))
    print(
        table(
            "Decisions at P >= 0.5: accepted % of same person, of different persons",
            folders,
            results,
            "decisions",
        )
    )


if __name__ == "__main__":
    main()
