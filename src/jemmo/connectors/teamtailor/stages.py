"""Stage categories. Teamtailor's own type decides if it can, otherwise the stage's name.

Old API versions know Inbox, In process and Hired. The user interface also has Screening, Interview and Offer, which
newer API versions return as the relationship ``stage-type``. Names are free text, so an "In process" stage with an
unknown name stays OTHER.
"""

from __future__ import annotations

from jemmo.connectors.vocabulary import Patterns
from jemmo.domain.enums import StageCategory

TYPES = {
    "inbox": StageCategory.NEW,
    "screening": StageCategory.SCREENING,
    "interview": StageCategory.INTERVIEW,
    "offer": StageCategory.OFFER,
    "hired": StageCategory.HIRED,
}
NAMES = Patterns(
    (StageCategory.OFFER, r"offer|offre|proposition|contrat|contract"),
    (StageCategory.ASSESSMENT, r"\btest|assess|évaluation|evaluation|case|exercise|exercice"),
    (StageCategory.INTERVIEW, r"interview|entretien|meeting|rencontre|visio|onsite|final round"),
    (StageCategory.SCREENING, r"screen|phone|call|présélection|preselection|\btri\b|appel|review"),
)


def is_stage_type(kind: str) -> bool:
    """Whether this is one of Teamtailor's own types, including the vague "In process"."""
    return kind.strip().lower() in {*TYPES, "in process"}


def stage_category(kind: str | None, legacy: str | None, name: str) -> StageCategory:
    """Return a stage's category from its type, its old type and its name.

    >>> stage_category("Offer", "In process", "Paperwork"), stage_category("In process", None, "Entretien RH")
    (<StageCategory.OFFER: 'OFFER'>, <StageCategory.INTERVIEW: 'INTERVIEW'>)
    """
    for name_of_type in (kind, legacy):
        if category := TYPES.get((name_of_type or "").strip().lower()):
            return category
    return NAMES.meaning(name, StageCategory.OTHER)
