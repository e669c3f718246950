"""Writes the rows that `retrieval-bench` measures on: token rows of Artpedia's contexts and of its visual sentences.

    python make_rows.py ARTPEDIA_JSON MINILM_SAFETENSORS TOKENIZER_JSON FOLDER

A document is the contextual sentences of one painting, at most 256 tokens; a query is its first visual sentence, at most 32 tokens; its
relevant document is the painting's own. Rows are the last hidden states of all-MiniLM-L6-v2 without the two marks at the ends,
projected to their first 128 principal directions (about the origin, fitted on the documents), and of unit length.

Written to FOLDER: documents.f16 and queries.f16 (row-major, little-endian), documents.lengths.u32 and queries.lengths.u32 (rows of each).
Needs numpy, safetensors and tokenizers.
"""

import json
import pathlib
import sys

import numpy
from safetensors.numpy import load_file
from tokenizers import Tokenizer

WIDTH = 128
HEADS = 12
LAYERS = 6


class Network:
    """BERT's encoder (Devlin et al., 2018) with MiniLM's sizes, in single precision."""

    def __init__(self, path):
        self.weights = {name.removeprefix("bert."): w.astype(numpy.float32) for name, w in load_file(path).items()
                        if w.dtype.kind == "f"}

    def linear(self, rows, name):
        return rows @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, rows, name):
        rows = rows - rows.mean(-1, keepdims=True)
        rows /= numpy.sqrt((rows * rows).mean(-1, keepdims=True) + 1e-12)
        return rows * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def last_hidden(self, ids):
        """`ids` `[texts, tokens]`, texts of one length: no padding, so no mask. `[texts, tokens, 384]`."""
        embeddings = [self.weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")]
        rows = embeddings[0][ids] + embeddings[1][: ids.shape[1]] + embeddings[2][0]
        rows = self.norm(rows, "embeddings.LayerNorm")
        texts, tokens, width = rows.shape
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            parts = [self.linear(rows, f"{at}.attention.self.{part}") for part in ("query", "key", "value")]
            query, key, value = (p.reshape(texts, tokens, HEADS, -1).transpose(0, 2, 1, 3) for p in parts)
            scores = query @ key.transpose(0, 1, 3, 2) / numpy.float32((width / HEADS) ** 0.5)
            scores = numpy.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            seen = (scores @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, width)
            rows = self.norm(rows + self.linear(seen, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
            inner = gelu(self.linear(rows, f"{at}.intermediate.dense"))
            rows = self.norm(rows + self.linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        return rows


def gelu(x):
    """x times the normal distribution's share below x; the error function by Abramowitz and Stegun, 7.1.26 (error below 1.5e-7)."""
    z = numpy.abs(x) / numpy.float32(2**0.5)
    t = 1 / (1 + numpy.float32(0.3275911) * z)
    polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = numpy.sign(x) * (1 - polynomial * numpy.exp(-z * z))
    return (x * (1 + erf) / 2).astype(numpy.float32)


def embed(network, tokenizer, texts, most):
    """The rows of each text, in the texts' order; texts of one length share a batch."""
    tokenizer.enable_truncation(most + 2)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
    rows = [None] * len(texts)
    while order:
        batch = [i for i in order[:16] if len(ids[i]) == len(ids[order[0]])]
        for i, hidden in zip(batch, network.last_hidden(numpy.array([ids[i] for i in batch]))):
            rows[i] = hidden[1:-1].copy()
        if len(order) // 500 != (len(order) - len(batch)) // 500:
            print(f"{len(order)} of {len(texts)} left", flush=True)
        order = order[len(batch) :]
    return rows


def write(folder, name, rows, directions):
    projected = numpy.concatenate(rows) @ directions
    projected /= numpy.linalg.norm(projected, axis=1, keepdims=True)
    projected.astype("<f2").tofile(folder / f"{name}.f16")
    numpy.array([len(r) for r in rows], dtype="<u4").tofile(folder / f"{name}.lengths.u32")


def main(artpedia, weights, vocabulary, folder):
    paintings = json.load(open(artpedia, encoding="utf-8"))
    paintings = [paintings[key] for key in paintings]
    network = Network(weights)
    tokenizer = Tokenizer.from_file(vocabulary)
    tokenizer.no_padding()
    documents = embed(network, tokenizer, [" ".join(p["context"]) or p["title"] for p in paintings], 256)
    queries = embed(network, tokenizer, [(p["visual"] or [p["title"]])[0] for p in paintings], 32)
    every = numpy.concatenate(documents).astype(numpy.float64)
    values, vectors = numpy.linalg.eigh(every.T @ every)
    directions = vectors[:, ::-1][:, :WIDTH].astype(numpy.float32)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, "documents", documents, directions)
    write(folder, "queries", queries, directions)
    print(f"{len(documents)} documents, {len(every) / len(documents):.1f} rows each")


main(*sys.argv[1:])
