"""Scores and diagnostics of a run, as the lab's src/metrics and src/analysis/diagnostics."""
