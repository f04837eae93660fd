"""Where support staff answer, and nothing else: no table of people, addresses or secrets is shown there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jemmo.domain.masking import without_contacts
from jemmo.services import support
from jemmo.store.models import SupportThread
from jemmo.store.selectors.support import conversation


def only_support() -> None:
    """Take out what Django and allauth would show: accounts' addresses, groups, secrets of two-step sign-in."""
    for model in list(admin.site._registry):  # noqa: SLF001 - there is no other list of them
        if model is not SupportThread:
            admin.site.unregister(model)


class Answer(forms.ModelForm):  # type: ignore[type-arg]  # not at run time
    answer = forms.CharField(
        label=gettext_lazy("Answer"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    close = forms.BooleanField(label=gettext_lazy("Close the conversation"), required=False)

    class Meta:
        model = SupportThread
        fields: ClassVar[list[str]] = []


@admin.register(SupportThread)
class SupportThreads(admin.ModelAdmin):  # type: ignore[type-arg]  # not at run time
    """Conversations that wait for an answer come first. Nothing that was said is changed."""

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
            "<div><strong>{}</strong> {}<blockquote>{}</blockquote>{}{}</div>",
            (
                (
                    _("Support") if one.by_support else self.who(thread),
                    f"{one.at:%Y-%m-%d %H:%M}",
                    without_contacts(one.body),
                    format_html("<pre>{}</pre>", without_contacts(one.error)) if one.error else "",
                    format_html("<pre>{}</pre>", without_contacts(one.steps)) if one.steps else "",
                )
                for one in conversation(thread)
            ),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: SupportThread, form: Any, change: bool) -> None:
        now = datetime.now(UTC)
        if text := form.cleaned_data["answer"].strip():
            support.answer(obj, staff=request.user, body=text, now=now)  # type: ignore[arg-type]
        if form.cleaned_data["close"]:
            support.close(obj, now=now)
