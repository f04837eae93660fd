"""The words of which generic people and companies are made. Each list's length divides 256: no word is likelier."""

# ruff: noqa: SIM905 - a list of words is read more easily as words

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
COMPANIES = tuple(f"{one} & Co" for one in LAST)
