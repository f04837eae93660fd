"""Where support staff answer."""

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

from jemmo.services import support
from jemmo.store.models import SupportThread
from jemmo.store.selectors.support import conversation


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
    list_display = ("account", "org", "waiting", "language", "last_at", "closed_at")
    list_filter = ("waiting", ("closed_at", admin.EmptyFieldListFilter))
    ordering = ("-waiting", "-last_at")
    list_select_related = ("account", "org")
    readonly_fields = ("account", "org", "language", "opened_at", "closed_at", "said")
    fields = (*readonly_fields, "answer", "close")

    @admin.display(description=gettext_lazy("Conversation"))
    def said(self, thread: SupportThread) -> SafeString:
        return format_html_join(
            "",
            "<div><strong>{}</strong> {}<blockquote>{}</blockquote>{}{}</div>",
            (
                (
                    _("Support") if one.by_support else str(thread.account),
                    f"{one.at:%Y-%m-%d %H:%M}",
                    one.body,
                    format_html("<pre>{}</pre>", one.error) if one.error else "",
                    format_html("<pre>{}</pre>", one.steps) if one.steps else "",
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
