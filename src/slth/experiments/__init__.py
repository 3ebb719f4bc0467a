"""The experiments: from settings to cells, from cells to rows, from rows to summaries."""
