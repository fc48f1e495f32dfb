"""Procedural rooms: furnished boxes with textures and lamps, ray cast."""
