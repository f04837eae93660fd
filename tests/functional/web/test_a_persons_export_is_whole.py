"""A person's export contains every stored value about them, nobody else's data, and names instead of ids."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import Model
from django.forms.models import model_to_dict
from fakes.showcase import NOW, Showcase

from jemmo.files.folder import FolderStorage
from jemmo.services.privacy import subject_export
from jemmo.store.models import Application, Department, Note, Stage, StageEvent, Talent
from jemmo.vault import default_vault

UNTOLD = {"org", "connection", "content_hash", "search", "excluded_reason", "sealed_texts"}


def exported(showcase: Showcase, talent: Talent, folder: Path) -> tuple[dict[str, Any], str]:
    target = io.BytesIO()
    subject_export.export(
        showcase.org,
        [talent.id],
        target,
        vault=default_vault(),
        storage=FolderStorage(folder),
    )
    with zipfile.ZipFile(target) as archive:
        page = archive.read("index.html").decode()
        [record] = json.loads(archive.read("data.json"))["records"]
    return record, page


def stored(row: Model) -> dict[str, Any]:
    values = model_to_dict(row)
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def test_every_stored_value_is_in_it(showcase: Showcase, tmp_path: Path) -> None:
    elodie = showcase.talent("elodie")
    department = Department.objects.filter(org=showcase.org).first()
    assert department is not None
    Talent.objects.filter(id=elodie.id).update(department=department)
    application = Application.objects.get(org=showcase.org, remote_id="of-elodie")
    before, after = Stage.objects.filter(connection=application.connection).order_by("position")[:2]
    for at, start in ((NOW - timedelta(days=9), None), (NOW, before)):
        StageEvent.objects.create(
            org=showcase.org,
            application=application,
            from_stage_remote_id=start.remote_id if start else None,
            to_stage_remote_id=(after if start else before).remote_id,
            at=at,
            origin="REPORTED",
        )
    elodie.refresh_from_db()

    record, page = exported(showcase, elodie, tmp_path)

    rows: list[tuple[Model, dict[str, Any]]] = [(elodie, record["person"])]
    for model, part in ((Application, "applications"), (Note, "notes")):
        mine = {row.remote_id: row for row in model.objects.filter(talent=elodie)}
        assert {told["remote_id"] for told in record[part]} == mine.keys()
        rows += [(mine[told["remote_id"]], told) for told in record[part]]
    for row, told in rows:
        assert stored(row).keys() - UNTOLD <= told.keys(), row
    assert record["person"]["department"] == department.name
    moves = [
        (move.get("from_stage"), move["to_stage"]) for move in record["applications"][0]["history"]
    ]
    assert moves == [(None, before.name), (before.name, after.name)]
    for word in ("None", "True", "False", str(department.id)):
        assert f">{word}<" not in page
    others = Talent.objects.filter(org=showcase.org).exclude(id=elodie.id)
    for name in others.exclude(last_name=None).values_list("last_name", flat=True):
        assert str(name) not in page
