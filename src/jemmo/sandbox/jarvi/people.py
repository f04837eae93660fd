"""Invented people, firms and places."""

from __future__ import annotations

FIRST_WORDS = (
    "Léa Camille Inès Chloé Manon Zoé Jeanne Louise Alice Éloïse Maëlle Anaïs Noémie Clémence "
    "Aïcha Fatou Yasmine Hugo Lucas Gabriel Arthur Jules Nathan Théo Raphaël Adam Noé Éliott "
    "Gaspard Loïc Rémi Ibrahim Karim Freya Imogen Owen Rhys Jonas Greta Matteo Núria Jürgen "
    "Søren Łucja Hương Priya Kenji François-Xavier Marie-Laure Jean-Baptiste"
)
FIRST = tuple(FIRST_WORDS.split())
LAST_WORDS = (
    "Bellanger Castaing Delorme Évrard Fontanel Guérin-Lys Hamelin Izard Jolivet Kerbrat Lacaze "
    "Marchandeau Nivelle Oudin Quéméner Rochefort Sauvanet Thibaudet Valbrun Weissmann Yvelin "
    "Zeller Abadie Brossard Chauvet Dumonteil Escande Ferrand Houssaye Imbert Lavigne Montclar "
    "Prudhomme Ashdown Birkett Ellsworth Merriweather Quillfeather O'Harran D'Amboisel "
    "de-la-Brière Østergård Müllerin Kowalczyn Benhamidou Traoréau Sow-Perrin García-Sol"
)
LAST = tuple(LAST_WORDS.split())
HEADLINES = (
    "Data engineer", "Chargé·e d'affaires BTP", "Comptable confirmé·e", None,
    "Product manager | SaaS", "DRH à temps partagé", "Infirmier·ère coordinateur·rice",
    "Ingénieur·e qualité", "CTO & co-founder", "Responsable de site logistique", "",
    "Juriste droit social", "Développeur·se Go / Kubernetes 🚀", "Acheteur·se industriel·le", None,
    "Contrôleur·se de gestion",
)  # fmt: skip
TITLES = (
    "Data engineer", "Contrôleur·se de gestion", "Chef·fe de projet", "Directeur·rice d'usine",
    "Développeur·se senior", "Acheteur·se", "Responsable paie", "Conducteur·rice de travaux",
    "Juriste", "Account executive", "Stage : assistant·e RH", "Alternance communication",
)  # fmt: skip
COMPANIES = (
    "Moulins d'Argel", "Banque Exemplaire", "Ateliers Fictifs", "Démo SAS", "Vergers Imaginaires",
    "Énergies Inventées", "Clinique Modèle", "Transports Témoin", "Example Works Ltd",
    "Papiers Factices",
)  # fmt: skip
PLACES = (
    ("Lyon", "69003", "Rhône", "Auvergne-Rhône-Alpes", "France", "FR"),
    ("Nantes", "44000", "Loire-Atlantique", "Pays de la Loire", "France", "FR"),
    ("Paris", "75011", "Paris", "Île-de-France", "France", "FR"),
    ("Lille", "59800", "Nord", "Hauts-de-France", "France", "FR"),
    ("Bruxelles", "1000", "Bruxelles", "Bruxelles-Capitale", "Belgique", "BE"),
    ("Genève", "1201", "Genève", "Genève", "Suisse", "CH"),
)
LOCALES = ("fr_FR", "fr_FR", "en_GB", None, "fr_FR", "de_DE")


def national(number: int) -> str:
    """Return a phone number as people write it, from the block reserved for fiction and tests."""
    digits = f"{number % 1_000_000:06d}"
    return f"06 00 {digits[:2]} {digits[2:4]} {digits[4:]}"


def international(number: int) -> str:
    """Return the same number as E.164."""
    return f"+33600{number % 1_000_000:06d}"
