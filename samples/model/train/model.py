"""The default network of gst-deepstack in PyTorch: a small ViT whose shallow, middle and deep
layers are projected to levels, fused by gates, pooled to a few tokens and matched across time.

This file is the reference the C++ implementation is compared with (see export.py), so it stays
plain: every formula of the model stands here once, and training and evaluation import it.
"""

import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def load_config(path):
    with open(path) as stream:
        return json.load(stream)


def rotate_pairs(x, cos, sin):
    """Rotate the channel pairs (i, i + half) of the last axis."""
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-high, low), dim=-1) * sin


def patch_rotary(rows, columns, head_size, theta):
    """Cosines and sines [rows * columns, head_size]: a quarter of the channels turns with the
    patch row, a quarter with the column, and both are repeated for the second half."""
    quarter = head_size // 4
    frequency = theta ** (-torch.arange(quarter, dtype=torch.float64) / quarter)
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    angle = torch.cat((row.reshape(-1, 1) * frequency, column.reshape(-1, 1) * frequency), dim=1)
    angle = torch.cat((angle, angle), dim=1)
    return angle.cos().float(), angle.sin().float()


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config["num_attention_heads"]
        self.qkv = nn.Linear(config["hidden_size"], 3 * config["hidden_size"])
        self.proj = nn.Linear(config["hidden_size"], config["hidden_size"])

    def forward(self, x, cos, sin):
        batch, tokens, size = x.shape
        query, key, value = (
            self.qkv(x).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        )
        query, key = rotate_pairs(query, cos, sin), rotate_pairs(key, cos, sin)
        logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        mixed = logits.softmax(dim=-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, size))


class Mlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.linear_fc1 = nn.Linear(config["hidden_size"], config["intermediate_size"])
        self.linear_fc2 = nn.Linear(config["intermediate_size"], config["hidden_size"])

    def forward(self, x):
        return self.linear_fc2(F.gelu(self.linear_fc1(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.norm1 = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])
        self.attn = Attention(config)
        self.norm2 = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])
        self.mlp = Mlp(config)

    def forward(self, x, cos, sin):
        x = x + self.attn(self.norm1(x), cos, sin)
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, config):
        super().__init__()
        patch = config["patch_size"]
        self.proj = nn.Conv2d(config["in_channels"], config["hidden_size"], patch, patch)

    def forward(self, pixels):
        return self.proj(pixels).flatten(2).transpose(1, 2)


class Adapter(nn.Module):
    """Projects the residual stream at one tap to the size all levels share."""

    def __init__(self, config):
        super().__init__()
        self.linear = nn.Linear(config["hidden_size"], config["projection_size"])
        self.norm = nn.LayerNorm(config["projection_size"], config["layer_norm_eps"])

    def forward(self, x):
        return self.norm(self.linear(x))


class DeepStackVit(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.grid = [side // config["patch_size"] for side in config["image_size"]]
        levels = len(config["tap_layers"])
        self.patch_embed = PatchEmbed(config)
        self.pos_embed = nn.Embedding(self.grid[0] * self.grid[1], config["hidden_size"])
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["num_hidden_layers"]))
        self.norm = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])
        self.adapters = nn.ModuleList(Adapter(config) for _ in range(levels))
        self.gate = nn.Linear(config["projection_size"], levels)
        self.fusion_norm = nn.LayerNorm(config["projection_size"], config["layer_norm_eps"])
        head_size = config["hidden_size"] // config["num_attention_heads"]
        cos, sin = patch_rotary(*self.grid, head_size, config["rope_theta"])
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.apply(initialise)

    def forward(self, pixels, keep=None):
        """Pixels [N, 3, H, W] to a dictionary of per-patch outputs, levels shallow to deep.

        Training may show only some patches: `keep` [N, kept] holds their indices."""
        x = self.patch_embed(pixels) + self.pos_embed.weight
        cos, sin = self.cos, self.sin
        if keep is not None:
            x = x.gather(1, keep.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
            cos, sin = cos[keep].unsqueeze(1), sin[keep].unsqueeze(1)
        taps = []
        for number, block in enumerate(self.blocks, start=1):
            x = block(x, cos, sin)
            if number in self.config["tap_layers"]:
                taps.append(x)
        levels = torch.stack([adapter(tap) for adapter, tap in zip(self.adapters, taps)], dim=1)
        gates = self.gate(levels.mean(dim=1)).softmax(dim=-1)
        fused = self.fusion_norm((gates.transpose(1, 2).unsqueeze(-1) * levels).sum(dim=1))
        return {
            "taps": taps,
            "levels": levels,
            "gates": gates,
            "fused": fused,
            "last_hidden_state": self.norm(x),
        }

    def pool(self, tokens):
        """Average [..., patches, channels] over the cells of the pooling grid."""
        rows, columns = self.config["pool"]
        height, width = self.grid[0] // rows, self.grid[1] // columns
        shape = tokens.shape[:-2]
        cells = tokens.float().reshape(*shape, rows, height, columns, width, tokens.shape[-1])
        return cells.mean(dim=(-4, -2)).reshape(*shape, rows * columns, tokens.shape[-1])


def initialise(module):
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.trunc_normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


def mrope_rotation(times, config):
    """Cosines and sines [len(times), cells, channels] of the interleaved rotary embedding of
    (time, cell row, cell column)."""
    match, size = config["match"], config["projection_size"]
    channel = torch.arange(size // 2)
    frequency = match["mrope_theta"] ** (-2.0 * channel.double() / size)
    on_height = (channel % 3 == 1) & (channel < 3 * match["mrope_section"][1])
    on_width = (channel % 3 == 2) & (channel < 3 * match["mrope_section"][2])
    rows, columns = config["pool"]
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    seconds = torch.as_tensor(times, dtype=torch.float64).view(-1, 1, 1) * match["mrope_rate"]
    position = torch.where(
        on_height,
        row.reshape(1, -1, 1).double(),
        torch.where(on_width, column.reshape(1, -1, 1).double(), seconds),
    )
    angle = (position * frequency).repeat(1, 1, 2)
    return angle.cos().float(), angle.sin().float()


def match_score(query, key, query_rotation, key_rotation, scale):
    """Match scores of broadcast batches: query [..., K, C] against key [..., M, C].

    Attention finds for each query token the key tokens that look like it at a near position and
    time; the score is the mean cosine between the query tokens and what they found."""
    query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    logits = rotate_pairs(query, *query_rotation) @ rotate_pairs(key, *key_rotation).transpose(
        -1, -2
    )
    found = (scale * logits).softmax(dim=-1) @ key
    return (query * F.normalize(found, dim=-1)).sum(dim=-1).mean(dim=-1)


def score_matrix(query, key, query_rotation, key_rotation, scale):
    """match_score of every query [N, K, C] against every key [M, K, C] -> [N, M]. The length of
    what attention found comes from the key's own products, so nothing of N * M * C is made."""
    count, cells, _ = query.shape
    query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    turned_query, turned_key = (
        rotate_pairs(query, *query_rotation),
        rotate_pairs(key, *key_rotation),
    )
    shape = (count, cells, len(key), cells)
    logits = (scale * turned_query.flatten(0, 1) @ turned_key.flatten(0, 1).T).view(shape)
    attention = logits.softmax(dim=-1)
    cosine = (query.flatten(0, 1) @ key.flatten(0, 1).T).view(shape)
    along = (attention * cosine).sum(dim=-1)
    by_key = attention.permute(2, 0, 1, 3).flatten(1, 2)
    length = ((by_key @ (key @ key.transpose(1, 2))) * by_key).sum(dim=-1).clamp_min(1e-6).sqrt()
    return (along / length.view(len(key), count, cells).permute(1, 2, 0)).mean(dim=1)


def combine_levels(scores, query_gates, key_gates, gap_seconds, match):
    """One score from level scores [..., levels]: weighted by a softmax over the logarithm of each
    level's mean gate [..., levels], plus a bias, plus a slope over the time since last seen."""
    bias, slope = (torch.as_tensor(match[name]) for name in ("level_bias", "level_gap_slope"))
    logits = ((query_gates + key_gates) / 2).log() + bias + slope * math.log1p(gap_seconds)
    return (logits.softmax(dim=-1) * scores).sum(dim=-1)
