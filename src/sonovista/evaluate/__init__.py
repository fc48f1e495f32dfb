"""Evaluation: protocols, benchmarks, tables, plots."""
