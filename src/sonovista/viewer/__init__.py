"""The web page that shows a scene, and the server that serves it."""
