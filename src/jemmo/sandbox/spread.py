"""Assigns children to parents by arithmetic, so that a million parents need no memory."""

from jemmo.sandbox.mixing import mix

BLOCK = 10
PATTERNS = 16


class Spread:
    """Gives every ten parents the same number of children, in one of sixteen orders.

    Child numbers rise with their parent's block, both ways are computed, nothing is stored.
    """

    def __init__(self, shares: tuple[int, ...], parents: int, salt: int) -> None:
        self._salt = salt
        self._per = sum(shares)
        self._owners = [self._deal(shares, p) for p in range(PATTERNS)]
        self._firsts = [self._starts(owners) for owners in self._owners]
        self.parents = parents
        full, rest = divmod(parents, BLOCK)
        blocks = range(full + 1)
        self._patterns = bytes(mix(salt, block) & (PATTERNS - 1) for block in blocks)
        self.size = full * self._per
        if rest:
            self.size += sum(offset < rest for offset, _ in self._owners[self._patterns[full]])

    def _deal(self, shares: tuple[int, ...], pattern: int) -> list[tuple[int, int]]:
        order = sorted(range(BLOCK), key=lambda n: mix(self._salt, n + 1000 * pattern))
        dealt = [shares[order[offset]] for offset in range(BLOCK)]
        return [(offset, nth) for offset in range(BLOCK) for nth in range(dealt[offset])]

    def _starts(self, owners: list[tuple[int, int]]) -> list[int]:
        return [sum(owner < offset for owner, _ in owners) for offset in range(BLOCK + 1)]

    def owner(self, child: int) -> tuple[int, int]:
        """Return the parent of this child and the child's index, from 0."""
        block, slot = divmod(child, self._per)
        offset, nth = self._owners[self._patterns[block]][slot]
        return block * BLOCK + offset, nth

    def children(self, parent: int) -> range:
        """Return the children of this parent."""
        block, offset = divmod(parent, BLOCK)
        firsts = self._firsts[self._patterns[block]]
        start = block * self._per
        return range(start + firsts[offset], start + firsts[offset + 1])
