"""Sound localization from motion: where a sound comes from and how far a camera turned, learned from their agreement.

`localize`, `rotation` and `track` need no torch; `slfm.networks`, `slfm.losses` and `slfm.training` do.
"""
