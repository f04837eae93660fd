"""Invented names, combined at random and sometimes untidy."""

import json

from jemmo.sandbox.slugs import slug

FIRST_WORDS = (
    "Léa Camille Inès Chloé Manon Zoé Jeanne Louise Alice Éloïse Maëlle Anaïs Noémie Clémence "
    "Lucie Margaux Aïcha Fatou Yasmine Salomé Hugo Lucas Gabriel Arthur Jules Maël Nathan "
    "Théo Raphaël Louis Adam Noé Éliott Gaspard Bastien Loïc Rémi Mathis Ibrahim Karim Emma "
    "Olivia Amelia Isla Freya Grace Harriet Imogen Poppy Rosie Oliver George Harry Jack Alfie "
    "Owen Rhys Callum Finlay Jude Anneke Jonas Lukas Greta Frida Matteo Sofía Núria Jürgen "
    "Zoë Søren Bjørn Łucja Paweł Thu Hương Priya Arjun Mei Kenji François-Xavier Marie-Laure "
    "Jean-Baptiste Anne-Sophie"
)
FIRST = tuple(FIRST_WORDS.split())
LAST_WORDS = (
    "Martin-Roux Bellanger Castaing Delorme Évrard Fontanel Guérin-Lys Hamelin Izard Jolivet "
    "Kerbrat Lacaze Marchandeau Nivelle Oudin Périer Quéméner Rochefort Sauvanet Thibaudet "
    "Ursin Valbrun Weissmann Yvelin Zeller Abadie Brossard Chauvet Dumonteil Escande Ferrand "
    "Gaillardin Houssaye Imbert Jacquard Lavigne Montclar Noyer Orsini Prudhomme Ashdown "
    "Birkett Cartwell Dunmore Ellsworth Fairbourne Greystone Hollowell Ingleby Jessop "
    "Kirkwood Langford Merriweather Northcott Oakhurst Pemberley Quillfeather Ravenscroft "
    "Stanbridge Thornbury Underhill Wexford Yardley O'Harran D'Amboisel von-Rothen "
    "de-la-Brière Nguyễn-Ba Østergård Müllerin Kowalczyn Benhamidou Diallowe Traoréau "
    "Sow-Perrin Lindqvister García-Sol"
)
LAST = tuple(LAST_WORDS.split())
MAILBOXES = ("example.com", "example.org", "example.net", "mail.example.com")
TABLE = 1024


def _untidy(name: str, n: int) -> str | None:
    # Shares close to a real account: a few nulls, trailing blanks, capitals, the odd emoji.
    if n % 41 == 7:
        return None
    if n % 13 == 5:
        return name + " "
    if n % 29 == 11:
        return name.upper()
    return name + " 🌱" if n % 331 == 17 else name


FIRST_PLAIN = tuple(FIRST[n % len(FIRST)] for n in range(TABLE))
LAST_PLAIN = tuple(LAST[n % len(LAST)] for n in range(TABLE))
FIRST_JSON = tuple(json.dumps(_untidy(name, n)) for n, name in enumerate(FIRST_PLAIN))
LAST_JSON = tuple(
    json.dumps(name + " " if n % 23 == 9 else name) for n, name in enumerate(LAST_PLAIN)
)
FIRST_SLUG = tuple(slug(name) for name in FIRST_PLAIN)
LAST_SLUG = tuple(slug(name) for name in LAST_PLAIN)
