"""transformers' Qwen2-VL-2B vision tower on one image of 768 rows: runs once for every line on standard input and prints the seconds.

    python vision_tower.py THREADS BLOCKS
"""

import sys
import time

import torch
from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLVisionConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel

threads, blocks = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
config = Qwen2VLVisionConfig(depth=blocks, embed_dim=1280, hidden_size=1536, num_heads=16, mlp_ratio=4)
config._attn_implementation = "sdpa"
with torch.device("meta"):
    tower = Qwen2VisionTransformerPretrainedModel(config)
tower = tower.to_empty(device="cpu").eval()
for parameter in tower.parameters():
    parameter.data = (torch.rand_like(parameter) - 0.5).mul_(0.05)
for buffer in tower.buffers():
    buffer.copy_(10000.0 ** (-torch.arange(buffer.shape[0]) / buffer.shape[0]))
grid = torch.tensor([[1, 64, 48]])
pixels = torch.randn(64 * 48, 1176)
with torch.inference_mode():
    for _ in sys.stdin:
        started = time.perf_counter()
        out = tower(pixels, grid_thw=grid)
        seconds = time.perf_counter() - started
        assert torch.isfinite(out.pooler_output).all()
        print(seconds, flush=True)
