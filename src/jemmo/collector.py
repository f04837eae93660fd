"""How often the garbage collector looks around."""

import gc


def tame() -> None:
    """Told once, by whatever starts: modules live as long as their process, and records come and go in thousands."""
    gc.set_threshold(50_000, 20, 50)
