"""Invented people, firms and places."""

from __future__ import annotations

from jemmo.sandbox.slugs import slug

FIRST = [
    "Adèle",
    "Bastien",
    "Capucine",
    "Dorian",
    "Elsa",
    "Flavien",
    "Gaëlle",
    "Honoré",
    "Iris",
    "Joachim",
    "Katell",
    "Lorenzo",
    "Maud",
    "Nils",
    "Océane",
    "Pacôme",
    "Quitterie",
    "Rosalie",
    "Siméon",
    "Tiphaine",
    "Ulysse",
    "Violette",
    "Wassim",
    "Ximena",
    "Yann",
    "Zélie",
    "Aminata",
    "Bilal",
    "Chloé",
    "Djibril",
    "Esra",
    "Farid",
    "Gwénaëlle",
    "Hedda",
    "Ismaël",
    "Jean-Noël",
    "Kenza",
    "Lou-Anne",
]
LAST = [
    "Aubépine",
    "Bruyère",
    "Chardonneret",
    "Dentelaire",
    "Églantier",
    "Fougeray",
    "Genestoux",
    "Hêtraie",
    "Iricourt",
    "Jonchère",
    "Kerlouan",
    "Lavandier",
    "Mûrier-Blanc",
    "Noiseraie",
    "Ormoy",
    "Peupleraie",
    "Quintefeuil",
    "Roncevault",
    "Sureau",
    "Tilleul",
    "Ulmaire",
    "Verveine",
    "Wagnières",
    "Yeuse",
    "Zostère",
    "D'Achillée",
    "O'Bracken",
    "Le-Houx",
]
SOURCES = ("Site carrière", "Indeed", "HelloWork", "LinkedIn", "Cooptation", "France Travail")
TITLES = (
    "Comptable H/F ", "Chargé·e de recrutement", "Conducteur de travaux ", "Développeur Python H/F",
    "Assistant ADV  ", "Technicien de maintenance", "Responsable d'agence ", "Juriste social",
    "Alternance - Chargé de communication", "Stage Assistant RH", "Préparateur de commandes H/F ",
    "Chef de projet <b>SI</b>",
)  # fmt: skip
PLACES = (
    ("Lyon", "69003", "45.76", "4.85", "Auvergne-Rhône-Alpes", "Rhône", "France"),
    ("Nantes", "44000", "47.21", "-1.55", "Pays de la Loire", "Loire-Atlantique", "France"),
    ("Toulouse", "31000", "43.60", "1.44", "Occitanie", "Haute-Garonne", "France"),
    ("Namur", "5000", "50.46", "4.86", "Wallonie", "Namur", "Belgique"),
)
TELEPHONES = ("+33 6 00 {} {} {}", "06.00.{}.{}.{}", "+336 00{}{}{}", "00 33 6 00 {} {} {}")


def email(first: str, last: str, row: int) -> str:
    """Return an invented address."""
    return f"{slug(first)}.{slug(last)}.{row}@example.com"


def telephone(bits: int) -> str:
    """Return a number reserved for fiction, in a typed format."""
    digits = f"{bits % 1_000_000:06d}"
    return TELEPHONES[bits >> 20 & 3].format(digits[:2], digits[2:4], digits[4:])
