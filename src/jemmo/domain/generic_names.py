"""Generic names of people and companies, filler text, and name particles.

Each list's length divides 256, so that all words are equally likely.
"""

# ruff: noqa: SIM905 - a plain line of words is easier to read than a list of strings

FIRST = tuple(
    "Alex Camille Charlie Dominique Sacha Morgan Robin Lou Eden Noa Sam Jules Andrea Maxime Claude Ange "
    "Kim Louison Swann Yael Ariel Maé Loïs Cyrille Ely Noor Alix Gaël Lior Mika Nour Sasha".split()
)
LAST = tuple(
    "Acacia Alder Almond Anise Apricot Arnica Aster Azalea Bamboo Basil Begonia Bergamot Birch Borage "
    "Bramble Broom Cactus Camellia Caraway Cardoon Carob Cashew Catalpa Cedar Celandine Chervil Chestnut "
    "Chicory Cicely Clover Coriander Cornflower Cosmos Cowslip Crocus Cumin Cypress Daffodil Dahlia "
    "Dogwood Edelweiss Elder Fennel Fern Fescue Foxglove Freesia Fuchsia Gardenia Gentian Ginkgo Gorse "
    "Hawthorn Hazel Heather Hemlock Hibiscus Hornbeam Hyssop Iris Jasmine Juniper Larch Laurel".split()
)
COMPANIES = tuple(f"{surname} & Co" for surname in LAST)
PLACEHOLDERS = tuple(
    "lorem ipsum dolor amet consectetur adipiscing elit eiusmod tempor incididunt labore dolore magna aliqua "
    "enim minim veniam nostrud exercitation ullamco laboris aliquip commodo consequat aute irure voluptate velit "
    "esse cillum fugiat nulla pariatur excepteur occaecat cupidatat proident sunt culpa officia deserunt mollit "
    "laborum perspiciatis unde omnis natus accusantium doloremque totam aperiam eaque ipsa inventore veritatis "
    "quasi architecto beatae vitae dicta explicabo nemo ipsam quia".split()
)
"""Filler for text written about people."""
PARTICLES = frozenset(
    "da das de dei del della den der des di do dos du and bin das ibn las les los mac saint sainte san santa "
    "ter the und van von zum zur".split()
)
"""Words that are both names and ordinary words, in lower case."""
