"""``python -m helpers.script`` in float32: bfloat16 rounds far more than the differences that ``benchmarks/gpu.py`` looks for."""

import runpy

import torch

import helpers.device

helpers.device.autocast_dtype = lambda _device: torch.float32

if __name__ == "__main__":
    runpy.run_module("helpers.script", run_name="__main__")
