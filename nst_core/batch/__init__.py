"""Batches: many pictures, their records, worker pool and contact sheet."""
