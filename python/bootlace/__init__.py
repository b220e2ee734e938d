"""Bootlace's twin: the lab's experiments on torch, transformers and peft."""

__version__ = "0.1.0"
