"""The logistic regression that LICN is held against, on the very features that LICN is trained on.

    baseline.py DATA CACHE     DATA: the folder with manifest.csv; CACHE: what `vitrine-cli train` kept of it

Needs numpy and scikit-learn. Fits on train and on train + val; prints figures on test, for labels as LICN counts them.
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
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)
POOLED, LAST = 9 * 1280 + 1008, 1280
data, cache = sys.argv[1:3]

features = {}
for name in os.listdir(cache):
    if name.endswith(".pooled"):
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

for task, least, strength in (("artist", 20, 0.01), ("genre", 20, 0.003), ("style", 20, 0.003), ("style", 100, 0.003)):
    truth = np.array([row[task] for row in rows])
    counts = collections.Counter(truth[known & (truth != "")])
    named = np.isin(truth, [label for label, count in counts.items() if count >= least])
    test = named & (split == "test")
    for parts in (["train"], ["train", "val"]):
        learn = named & np.isin(split, parts)
        for what, columns in (("pooled", slice(0, LAST)), ("pooled + style", slice(0, None))):
            scaler = StandardScaler().fit(pooled[learn, columns])
            model = LogisticRegression(C=strength, max_iter=120).fit(scaler.transform(pooled[learn, columns]), truth[learn])
            order = np.argsort(-model.decision_function(scaler.transform(pooled[test, columns])), 1)
            right = model.classes_[order[:, :3]] == truth[test][:, None]
            top1, top3 = right[:, 0].mean(), right.any(1).mean()
            print(f"{task} >={least} on {'+'.join(parts)}, {what}: {test.sum()} images, top-1 {top1:.3f}, top-3 {top3:.3f}")
