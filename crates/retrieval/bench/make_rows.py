"""Writes the rows that `retrieval-bench` measures on: token rows of Artpedia's contexts and of its visual sentences.

    python make_rows.py ARTPEDIA_JSON MINILM_SAFETENSORS TOKENIZER_JSON FOLDER

A document is the contextual sentences of one painting, at most 256 tokens; a query is its first visual sentence, at most 32 tokens; its
relevant document is the painting's own. Rows are the last hidden states of all-MiniLM-L6-v2 without the two marks at the ends,
projected to their first 128 principal directions (about the origin, fitted on the documents), and of unit length.

Written to FOLDER: documents.f16 and queries.f16 (row-major, little-endian), documents.lengths.u32 and queries.lengths.u32 (rows of each).
"""

import json
import pathlib
import sys

import numpy
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

WIDTH = 128


def embed(model, tokenizer, texts, most):
    """The rows of each text, float32, in the texts' order; texts of like length share a batch."""
    tokenizer.enable_truncation(most + 2)
    encodings = tokenizer.encode_batch(texts)
    order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
    rows = [None] * len(texts)
    for begin in range(0, len(order), 32):
        batch = order[begin : begin + 32]
        longest = max(len(encodings[i].ids) for i in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros(len(batch), longest, dtype=torch.long)
        for place, i in enumerate(batch):
            ids[place, : len(encodings[i].ids)] = torch.tensor(encodings[i].ids)
            mask[place, : len(encodings[i].ids)] = 1
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        for place, i in enumerate(batch):
            rows[i] = hidden[place, 1 : len(encodings[i].ids) - 1].numpy().copy()
        if begin % 640 == 0:
            print(f"{begin} of {len(order)}", flush=True)
    return rows


def write(folder, name, rows, directions):
    projected = numpy.concatenate(rows) @ directions
    projected /= numpy.linalg.norm(projected, axis=1, keepdims=True)
    projected.astype("<f2").tofile(folder / f"{name}.f16")
    numpy.array([len(r) for r in rows], dtype="<u4").tofile(folder / f"{name}.lengths.u32")


@torch.inference_mode()
def main(artpedia, weights, vocabulary, folder):
    paintings = json.load(open(artpedia, encoding="utf-8"))
    paintings = [paintings[key] for key in paintings]
    model = BertModel(BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536),
                      add_pooling_layer=False).eval()
    model.load_state_dict(load_file(weights), strict=False)
    tokenizer = Tokenizer.from_file(vocabulary)
    tokenizer.no_padding()
    documents = embed(model, tokenizer, [" ".join(p["context"]) or p["title"] for p in paintings], 256)
    queries = embed(model, tokenizer, [(p["visual"] or [p["title"]])[0] for p in paintings], 32)
    every = numpy.concatenate(documents).astype(numpy.float64)
    values, vectors = numpy.linalg.eigh(every.T @ every)
    directions = vectors[:, ::-1][:, :WIDTH].astype(numpy.float32)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, "documents", documents, directions)
    write(folder, "queries", queries, directions)
    print(f"{len(documents)} documents, {len(every) / len(documents):.1f} rows each")


main(*sys.argv[1:])
