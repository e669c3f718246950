"""Prints how many seconds transformers' Qwen2-VL-2B vision tower takes for one image of 768 rows; the quickest run counts.

    python vision_tower.py THREADS DTYPE
"""

import sys
import time

import torch
from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLVisionConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel

threads, dtype = int(sys.argv[1]), getattr(torch, sys.argv[2])
torch.set_num_threads(threads)
config = Qwen2VLVisionConfig(depth=32, embed_dim=1280, hidden_size=1536, num_heads=16, mlp_ratio=4)
config._attn_implementation = "sdpa"
with torch.device("meta"):
    tower = Qwen2VisionTransformerPretrainedModel(config)
frequencies = tower.rotary_pos_emb.inv_freq.shape[0]
tower = tower.to_empty(device="cpu").eval()
for parameter in tower.parameters():
    parameter.data = (torch.rand_like(parameter) - 0.5).mul_(0.05).to(dtype)
for buffer in tower.buffers():
    buffer.copy_(10000.0 ** (-torch.arange(buffer.shape[0]) / buffer.shape[0]))
grid = torch.tensor([[1, 64, 48]])
pixels = torch.randn(64 * 48, 1176).to(dtype)
best = float("inf")
with torch.inference_mode():
    for _ in range(2):
        started = time.perf_counter()
        out = tower(pixels, grid_thw=grid)
        best = min(best, time.perf_counter() - started)
assert torch.isfinite(out.pooler_output.float()).all()
print(best)
