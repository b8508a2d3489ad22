"""Lists among millions: items that nobody is asked any more, and the newest judgments of a small project."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

OF_THE_ITEM = """
UPDATE feedback_judgment AS judgment SET project_id = item.project_id
FROM feedback_item AS item WHERE item.id = judgment.item_id
"""


def _project(*, null: bool) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_index=False,
        null=null,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="judgments",
        to="feedback.project",
    )


class Migration(migrations.Migration):
    dependencies = [("feedback", "0006_item_lists")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                fields=["project", "-id"],
                condition=models.Q(places=0, withdrawn_at__isnull=True),
                name="item_without_places",
            ),
        ),
        migrations.AddField("judgment", "project", _project(null=True)),
        migrations.RunSQL(OF_THE_ITEM, migrations.RunSQL.noop),
        migrations.AlterField("judgment", "project", _project(null=False)),
        migrations.AddIndex(
            model_name="judgment",
            index=models.Index(fields=["project", "-id"], name="judgment_newest"),
        ),
    ]
