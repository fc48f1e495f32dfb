"""`python -m sonovista`."""

from sonovista.cli import main

main()
