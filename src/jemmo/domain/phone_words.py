"""Words around digits that show whether they are a phone number, in six languages. Pure.

Patterns ending in BEFORE match right before the digits, those ending in AFTER right after. CALLED patterns expect
lower case. All repetitions are bounded.
"""

from __future__ import annotations

import re

_YEAR = r"(?:19|20)[0-9]{2}"
YEARS = re.compile(rf"(?:{_YEAR})+")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
NO_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    # UUIDs
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    # Dates with optional times, and ranges of years.
    rf"|{_YEAR}(?:(?P<a>[./-])[0-9]{{1,2}}(?P=a)[0-9]{{1,2}}(?:[T ][0-9:.]{{4,15}}Z?)?(?![./-]?[0-9])"
    rf"| ?[/-] ?{_YEAR}\b|[01][0-9][0-3][0-9]\b)"
    rf"|(?<![0-9][./-])[0-9]{{1,2}}(?P<b>[./ -])[0-9]{{1,2}}(?P=b){_YEAR}(?![./-]?[0-9])"
    rf"|(?<![0-9][./])(?:0?[1-9]|1[0-2])/{_YEAR}(?![0-9])"
    # Times of day.
    r"|(?<!:)[0-2]?[0-9][:h][0-5][0-9](?![0-9:])"
    r"|(?<![0-9][.-])[0-2]?[0-9]\.[0-5][0-9] ?- ?[0-2]?[0-9]\.[0-5][0-9](?![.-]?[0-9])"
    # Reference numbers that contain a year.
    rf"|(?<![0-9][./-])[0-9]{{1,6}}/{_YEAR}(?![./ -]?[0-9])|{_YEAR}/0[0-9]{{3,6}}(?![./ -]?[0-9])"
    # IBANs, coordinates, IP addresses.
    r"|[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,4})?\b"
    r"|(?<![./+-])-?(?:1[0-7])?[0-9]{1,2}\.[0-9]{4,9}\b(?![.-][0-9])"
    rf"|(?<![./+-])(?:{_OCTET}\.){{3}}{_OCTET}(?:[:/][0-9]{{1,5}})?\b(?!\.?[0-9]))",
)
_NUMBERED = r"n\.?[o°ºr]s?|num(?:ber|[eé]ro)?|número|nummer"
_NAMES = (
    r"serial|seriennr|réf(?:[eé]rence)?|ref(?:erence)?|ids?|identif\w*|code|account"
    r"|card|lot|version|order|invoice|ticket|tracking|case|po|sku|upc|ean|gtin|imei|isbn|issn|doi"
    r"|orcid|patent|passe?port|nhs|ssn|ein|vat|tax|iban|bic|barcode|timestamp|time|gps|section|iso|iec"
    r"|siret|siren|rcs(?: [a-z]\w+)?(?: b)?|tva|naf|ape|insee|rpps|adeli|finess|urssaf|kbis|dossier"
    r"|commande|facture|contrat|permis|agr[eé]ment|activit[eé]|sécurité sociale|compte|steuer\w*"
    r"|sozialversicherung\w*|kunden\w*|auftrag\w*|bestell\w*|rechnung\w*|matrikel\w*|hr[ab]|blz|az|ahv"
    r"|uid|ust\S*(?: de)?|konto\w*|artikel\w*|(?!ruf|telefon|handy|mobil)[a-zåäöü.-]+(?:nummer|nr)|nif|cif|nie|dni"
    r"|nuss|pedido|factura|expediente|p[oó]liza|colegiado|ordine|fattura|protocollo|matricola|c\.?f"
    r"|p\.? ?iva|partita iva|rea|kvk|bsn|btw|factuur"
)
_AMOUNTS = (
    "budget|salary|salaire|gehalt|salario|salaris|revenue|turnover|umsatz|omzet|fatturato"
    "|facturaci[oó]n|affaires"
)
COUNTED_BEFORE = re.compile(
    rf"(?:\b(?:{_NUMBERED}|{_NAMES}|{_AMOUNTS})(?!\w)|#|[€$£])"
    r"[^\w\n]{0,3}(?:[a-z]{0,3}[ -]{1,2}|(?:it|gb|fr|de|be|nl|che)\W?)?$",
    re.IGNORECASE,
)
# The same, but where the text mentioned a phone number before.
OTHER_NUMBER = re.compile(
    rf"(?:\b(?:{_NAMES}|{_AMOUNTS})(?!\w)|#|[€$£])[^\w\n]{{0,3}}(?:(?:{_NUMBERED})[.: ]{{1,2}})?$",
    re.IGNORECASE,
)
COUNTED_AFTER = re.compile(
    r"[,.]?[0-9]{0,2}[ -]{0,2}"
    r"(?:€|\$|£|%|euros?\b|eur\b|usd\b|chf\b|gbp\b|dollars?\b|pounds?\b|k\b|m[²2]|km|users|units)",
    re.IGNORECASE,
)
# Words for numbers that start with a zero but are not phone numbers.
NAMED_BEFORE = re.compile(
    r"\b(?:company n\w+|serial|serie\w*|zertifikat\w*|certific\w+|inventar\w*|licen[cs]\w+|lizenz\w*|colegiado"
    r"|ssn|isbn|issn|ean|vat|iban|bic|sir(?:en|et)|rcs|tva|n°|sécurité sociale|nir|steuer-?id"
    r"|p[oó]liza|p\.? ?iva|partita iva|fattura|rijksregister\w*|ondernemings\w*|kvk|bsn|btw|nif|cif|nuss|ahv"
    r"|hr[ab])(?!\w)[^\n0-9]{0,12}[0-9 ]{0,7}[/ ]?$|\bBE ?$",
    re.IGNORECASE,
)
_PHONES = (
    r"tel|tél|tlf|tfno?|ph|t[eé]l[eéè]?(?:f|ph)[oó]n\w*|(?:smart|i)?phones?|mob|mobil\w*|m[oó]vil\w*|handy\w*|cell?"
    r"|cell(?:phone|ulare)|celu(?:lar)?|portable|fixe|fijo|fisso|landline|festnetz\w*|rufnummer|durchwahl"
    r"|whatsapp|signal|viber|sms"
)
_CALLS = (
    r"call|calling|ring|ringa?|text|texting|dial|reach(?:ed|able)?|appel(?:er|ez|le|lez)|joindre|joignable|joignez"
    r"|ll[aá]m\w+|localizable|chiam\w+|reperibile|rintracciabile|anruf\w*|rufen|erreich\w*|nå|nås|slå"
)
_OWN_NUMBER = (
    r"(?:my|mon|meine?r?|mitt|min|mi|mio|al|au|unter|under|på|alla) (?:\w{2,10} )?"
    r"(?:n[uú]m[eé]ro|number|nummer|nr)"
)
# Right before the digits or up to a few words before; all in lower case, which is faster to match.
CALLED_BEFORE = re.compile(
    rf"(?:wa\.me/|phone=|number=|tel:|sms:|callto:|\b(?:{_PHONES})\b|[☎☏✆📞📱📲])[^\w+]{{0,6}}$"
)
CALLED_NEAR = re.compile(rf"\b(?:{_PHONES}|{_CALLS}|{_OWN_NUMBER})\b[^0-9\n@]{{0,28}}$")
CALLED_AFTER = re.compile(
    rf" ?\((?:{_PHONES})\b|(?: (?:till|to|is|är|ist|è|es|est|my|min|mitt|mein|mi|mon|il|mio|the|de|le)){{1,3}}"
    rf" (?:{_PHONES})\b(?!:)"
)
LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:(?:wa|t)\.me/|signal\.me/#p/|(?:api|web)\.whatsapp\.com/send/?\?phone="
    r"|(?:whatsapp|viber)://[a-z]{1,8}/?\?(?:phone|number)=)$",
    re.IGNORECASE,
)
