"""Places that are not drawn but given: panoramas, meshes, Sonovista scenes."""
