"""Bytes in: find, open, decompress, recognise, cut into chunks, gather."""
