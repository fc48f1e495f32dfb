"""Runs as YAML; data is found by environment variables: SONOROOMS, SPEECH, MUSIC (folders of dry sounds by split)."""
