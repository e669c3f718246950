"""The logistic regression that LICN is held against, on the very features that LICN is trained on.

    baseline.py DATA CACHE     DATA: the folder with manifest.csv; CACHE: what `vitrine-cli train` kept of it

Needs numpy and scikit-learn. Fits on train and on train + val; prints figures on test, for labels as LICN counts them. Then how well works of
painters who are none of the labels are told apart: of the right answers on test, how many lie above nine tenths of such works, by the largest
share alone, and where half of these painters stood beside the labels as one more class while it learnt; asked about are the others' works.
"""

import collections
import csv
import hashlib
import os
import struct
import sys
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)
LAST, STYLE = 1280, 1008
# Channels of the stages whose covariances are known, and how many directions of each are kept.
STAGES = [(24, 24), (48, 48), (88, 48), (120, 48)]
POOLED = 9 * LAST + STYLE + sum(n * (n + 1) // 2 for n, _ in STAGES)
data, cache = sys.argv[1:3]

features = {}
for name in os.listdir(cache):
    if name.endswith("-352.pooled"):
        with open(os.path.join(cache, name), "rb") as file:
            while len(record := file.read(32 + 2 * POOLED)) == 32 + 2 * POOLED:
                features[record[:32]] = np.frombuffer(record[32:], "<f2")


def key(path):
    """As crates/inference/src/training/cache.rs makes it."""
    stat = os.stat(path)
    packed = struct.pack("<Q", stat.st_size) + stat.st_mtime_ns.to_bytes(16, "little")
    return hashlib.sha256(path.encode() + packed).digest()


rows, pooled = [], []
with open(os.path.join(data, "manifest.csv"), newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        found = features.get(key(os.path.join(data, row["file"]))) if row["split"] in ("train", "val", "test") else None
        if found is not None:
            rows.append(row)
            pooled.append(np.concatenate([found[: 9 * LAST].reshape(9, LAST).astype("f4").mean(0), found[9 * LAST :]]))
pooled = np.array(pooled, "f4")
split = np.array([row["split"] for row in rows])
known = np.isin(split, ["train", "val"])


def roots(triangles, channels, kept):
    """The square roots of covariances that are whitened by their mean over `train`, as crates/inference/src/second_order.rs has them."""
    upper = np.triu_indices(channels)
    matrices = np.zeros((len(triangles), channels, channels), "f4")
    matrices[:, upper[0], upper[1]] = triangles
    matrices[:, upper[1], upper[0]] = triangles
    values, vectors = np.linalg.eigh(matrices[split == "train"].mean(0))
    whitening = vectors[:, -kept:] / np.sqrt(values[-kept:])
    values, vectors = np.linalg.eigh(whitening.T @ matrices @ whitening)
    found = (vectors * np.sqrt(values.clip(0))[:, None, :]) @ vectors.transpose(0, 2, 1)
    return found[:, *np.triu_indices(kept)]


parts, at = [pooled[:, : LAST + STYLE]], LAST + STYLE
for channels, kept in STAGES:
    count = channels * (channels + 1) // 2
    parts.append(roots(pooled[:, at : at + count], channels, kept))
    at += count
pooled = np.concatenate(parts, 1)

for task, least, strength in (("artist", 20, 0.01), ("genre", 20, 0.003), ("style", 20, 0.003), ("style", 100, 0.003)):
    truth = np.array([row[task] for row in rows])
    counts = collections.Counter(truth[known & (truth != "")])
    named = np.isin(truth, [label for label, count in counts.items() if count >= least])
    test = named & (split == "test")
    for parts in (["train"], ["train", "val"]):
        learn = named & np.isin(split, parts)
        kinds = {"pooled": LAST, "pooled + style": LAST + STYLE, "pooled + style + covariances": pooled.shape[1]}
        for what, columns in ((what, slice(0, count)) for what, count in kinds.items()):
            scaler = StandardScaler().fit(pooled[learn, columns])
            model = LogisticRegression(C=strength, max_iter=120).fit(scaler.transform(pooled[learn, columns]), truth[learn])
            order = np.argsort(-model.decision_function(scaler.transform(pooled[test, columns])), 1)
            right = model.classes_[order[:, :3]] == truth[test][:, None]
            top1, top3 = right[:, 0].mean(), right.any(1).mean()
            print(f"{task} >={least} on {'+'.join(parts)}, {what}: {test.sum()} images, top-1 {top1:.3f}, top-3 {top3:.3f}")

truth = np.array([row["artist"] for row in rows])
counts = collections.Counter(truth[known & (truth != "")])
named = np.isin(truth, [label for label, count in counts.items() if count >= 20])
stranger = (truth != "") & ~named
shown = stranger & np.array([hashlib.sha256(painter.encode()).digest()[0] % 2 == 0 for painter in truth])
unseen, test = stranger & ~shown, named & (split == "test")
scaler = StandardScaler().fit(pooled[known])
standard = scaler.transform(pooled)


def told(what, model, least):
    """`least(logits)`: how sure it is that the painter is among the labels."""
    labels = model.classes_ != "~"
    answers, others = (model.decision_function(standard[part]) for part in (test, unseen))
    right = model.classes_[labels][answers[:, labels].argmax(1)] == truth[test]
    sure, unsure = least(answers[right], labels), least(others, labels)
    area = roc_auc_score(np.r_[np.ones(len(sure)), np.zeros(len(unsure))], np.r_[sure, unsure])
    kept = (sure > np.quantile(unsure, 0.9)).mean()
    print(f"{what}: top-1 {right.mean():.3f}; {len(unsure)} works of other hands: area {area:.3f}, right answers above nine tenths of them {kept:.3f}")


def largest_share(logits, labels):
    logits = logits - logits.max(1, keepdims=True)
    return (np.exp(logits) / np.exp(logits).sum(1, keepdims=True))[:, labels].max(1)


def lead_over_strangers(logits, labels):
    return logits[:, labels].max(1) - logits[:, ~labels][:, 0]


learn = named & known
told("largest share", LogisticRegression(C=0.003, max_iter=200).fit(standard[learn], truth[learn]), largest_share)
learn |= shown
weights = np.where(shown, 0.3, 1.0)[learn]
model = LogisticRegression(C=0.003, max_iter=200).fit(standard[learn], np.where(named, truth, "~")[learn], sample_weight=weights)
told("other hands as a class, largest share", model, largest_share)
told("other hands as a class, lead over it", model, lead_over_strangers)
