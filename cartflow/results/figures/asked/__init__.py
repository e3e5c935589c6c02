"""Figures as asked for: panels by name, fields at days and in cuts, several runs, movies."""
