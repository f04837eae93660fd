"""The support staff's pages. They show no tables of people, addresses or secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jemmo.domain.masking import without_contacts
from jemmo.domain.spans import utc_text
from jemmo.services.notifications import support
from jemmo.store.models import SupportMessage, SupportThread
from jemmo.store.notifications.support import conversation
from jemmo.vault import default_vault
from jemmo.web.frame.pictures import picture_answer


def only_support() -> None:
    """Unregister the models of Django and allauth: accounts' addresses, groups, two-step sign-in secrets."""
    for model in list(admin.site._registry):  # noqa: SLF001 - the only list of them
        if model is not SupportThread:
            admin.site.unregister(model)


class Answer(forms.ModelForm):  # type: ignore[type-arg]  # not at run time
    answer = forms.CharField(
        label=gettext_lazy("Reply"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    close = forms.BooleanField(label=gettext_lazy("Close the conversation"), required=False)

    class Meta:
        model = SupportThread
        fields: ClassVar[list[str]] = []


@admin.register(SupportThread)
class SupportThreads(admin.ModelAdmin):  # type: ignore[type-arg]  # not at run time
    """Conversations that wait for an answer come first. Existing messages are never changed."""

    form = Answer
    list_display = ("who", "org", "waiting", "language", "last_at", "closed_at")
    list_filter = ("waiting", ("closed_at", admin.EmptyFieldListFilter))
    ordering = ("-waiting", "-last_at")
    list_select_related = ("org",)
    readonly_fields = ("who", "org", "language", "opened_at", "closed_at", "said")
    fields = (*readonly_fields, "answer", "close")

    @admin.display(description=gettext_lazy("Member"))
    def who(self, thread: SupportThread) -> str:
        return f"#{thread.account_id}"

    @admin.display(description=gettext_lazy("Conversation"))
    def said(self, thread: SupportThread) -> SafeString:
        return format_html_join(
            "",
            "<div><strong>{}</strong> {}<blockquote>{}</blockquote>{}{}{}</div>",
            (
                (
                    _("Support") if message.by_support else self.who(thread),
                    utc_text(message.at),
                    without_contacts(message.body),
                    format_html("<pre>{}</pre>", without_contacts(message.error))
                    if message.error
                    else "",
                    format_html("<pre>{}</pre>", without_contacts(message.steps))
                    if message.steps
                    else "",
                    self._picture(message),
                )
                for message in conversation(thread)
            ),
        )

    def _picture(self, message: SupportMessage) -> str:
        if not hasattr(message, "picture"):
            return ""
        where = reverse("admin:support_picture", args=[message.thread_id, message.pk])
        shown = '<p><a href="{}"><img src="{}" alt="{}" width="480"></a></p>'
        return format_html(shown, where, where, _("Attached screenshot"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.picture)
        ours = path("<uuid:thread_id>/pictures/<int:number>/", view, name="support_picture")
        return [ours, *super().get_urls()]

    def picture(self, request: HttpRequest, thread_id: UUID, number: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return picture_answer(support.picture_for_staff(thread_id, number, vault=default_vault()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: SupportThread, form: Any, change: bool) -> None:
        now = datetime.now(UTC)
        if text := form.cleaned_data["answer"].strip():
            support.answer(obj, staff=request.user, body=text, now=now)  # type: ignore[arg-type]
        if form.cleaned_data["close"]:
            support.close(obj, now=now)
