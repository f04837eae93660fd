"""The operation that erases a person.

Annotations are evaluated by django-ninja.
"""

from uuid import UUID

from django.http import HttpResponse

from jemmo.api.access import ApiRequest
from jemmo.api.document import answers_with, operation, reference
from jemmo.api.idempotency import Answer, once
from jemmo.api.problems import not_found
from jemmo.domain.tokens import ApiScope
from jemmo.files.choose import open_storage
from jemmo.services.privacy import erasure
from jemmo.services.privacy.erasure import Certificate
from jemmo.store.models import Talent
from jemmo.vault import default_vault

answers_with(Certificate)


@operation(
    id="erase_talent",
    method="POST",
    address="/talents/{uuid:record_id}/erase",
    summary="Erase a person",
    description="Permanently erases the person from tables, files, history, and pending tasks, "
    "and returns a certificate. Later syncs don't bring the person back. Also works for "
    "excluded and deleted talents.",
    schema=reference("Certificate"),
    scopes=(ApiScope.PRIVACY,),
    tag="privacy",
    refusals=(404,),
)
def erase_talent(request: ApiRequest, record_id: UUID) -> HttpResponse:
    token = request.token

    def work() -> Answer:
        # With the token's scope: erasing a private talent needs the scope for confidential records.
        if not Talent.objects.filter(org=token.org, id=record_id).exists():
            raise not_found()
        certificate = erasure.erase(
            token.org,
            [record_id],
            vault=default_vault(),
            storage=open_storage(),
            actor=token.created_by,
            program=str(token.pk),
        )
        return Answer(200, certificate)

    return once(request, work)
